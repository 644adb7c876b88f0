import fs from 'node:fs';
import path from 'node:path';
import type { PgSession } from '../../src/postgres/session.ts';
import { type CliResult, runCli } from './cli.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { temporaryFolder } from './folder.ts';

/** One file in `import --json`. */
export interface ImportedFile {
  readonly id: number;
  readonly file: string;
  readonly format: string;
  readonly account: string | null;
  readonly accounts: readonly string[];
  readonly statements: number;
  readonly rows: number;
  readonly new: number;
  readonly known: number;
  readonly possible_duplicates: number;
  readonly skipped: { readonly pending: number; readonly investment: number; readonly other: number };
  readonly balances: { readonly checked: number; readonly closed: number };
  readonly sum: number;
  readonly gaps: readonly Record<string, unknown>[];
}

export interface ImportDocument {
  readonly status: string;
  readonly imports: readonly ImportedFile[];
  readonly refused?: readonly { readonly file: string; readonly code: string; readonly message: string }[];
  readonly transfers: number;
  readonly categories: Readonly<Record<string, number>>;
  readonly normalized: Readonly<Record<string, number>>;
}

/** A database of its own on the shared server, and a folder that files are imported from. */
export interface ImportFixture {
  readonly database: TestDatabase;
  readonly session: PgSession;
  readonly folder: string;
  /** Runs the tool with this database and a home of its own. */
  run(...argv: string[]): Promise<CliResult>;
  /** The same at a terminal of 80 columns, on which keys were typed ahead. */
  typed(keys: string, ...argv: string[]): Promise<CliResult>;
  /** Writes a file and gives its path. */
  file(name: string, content: string | Uint8Array): string;
  /** Imports files or texts by `--json`; throws unless the exit code is 0. */
  imported(files: readonly string[], ...flags: string[]): Promise<ImportDocument>;
  /** Rows of a query, every value a text or null. */
  rows(sql: string): Promise<Record<string, string | null>[]>;
  /** Empties the database and the folder. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** `close` it in afterAll, `reset` it in beforeEach. */
export async function makeImportFixture(): Promise<ImportFixture> {
  const database = await createTestDatabase();
  const session = await database.session();
  let folder = temporaryFolder();
  const place = (): { readonly cwd: string; readonly env: Record<string, string> } => ({
    cwd: folder.path,
    env: { DATABASE_URL: database.url, FINANCE_DB_HOME: path.join(folder.path, 'home') },
  });
  const run = (...argv: string[]): Promise<CliResult> => runCli(argv, place());
  return {
    database,
    session,
    get folder() {
      return folder.path;
    },
    run,
    typed: (keys, ...argv) => runCli(argv, { ...place(), keys, columns: 80 }),
    file: (name, content) => {
      const target = path.join(folder.path, name);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, content);
      return target;
    },
    imported: async (files, ...flags) => {
      const result = await run('import', ...files, '--json', ...flags);
      if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
      return JSON.parse(result.stdout) as ImportDocument;
    },
    rows: (sql) => session.query<Record<string, string | null>>(sql),
    reset: async () => {
      await database.rollBack();
      await session.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      folder.remove();
      folder = temporaryFolder();
    },
    close: async () => {
      await database.drop();
      folder.remove();
    },
  };
}
