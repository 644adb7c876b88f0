import fs from 'node:fs';
import path from 'node:path';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { type LakeTable, loadTable } from '../../src/lake/table.ts';
import { runCli } from './cli.ts';
import type { Fixture } from './fixture.ts';

export interface LakeDocument {
  readonly tables: readonly {
    readonly published: boolean;
    readonly version: number;
    readonly snapshot_id: number;
    readonly rows: number;
    readonly units: { readonly all: number; readonly changed: number };
    readonly files: { readonly added: number; readonly removed: number; readonly all: number };
    readonly schema_changes: readonly string[];
    readonly new_version: boolean;
    readonly expired_snapshots: number;
  }[];
  readonly warnings: readonly string[];
}

export interface ProofDocument {
  readonly status: string;
  readonly tables: readonly {
    readonly rows: { readonly postgres: number; readonly duckdb: number };
    readonly lag: { readonly changed: number; readonly deleted: number };
    readonly damage: { readonly missing: number; readonly extra: number; readonly different: number };
    readonly examples: readonly { readonly kind: string; readonly key: string; readonly column: string | null }[];
    readonly problem: string | null;
  }[];
  readonly files: readonly { readonly damaged: readonly string[] }[];
  readonly receipt: string;
}

/** The lake of a fixture: a folder beside its DuckDB file. */
export interface TestLake {
  readonly folder: string;
  publish(tables: string, ...flags: string[]): Promise<LakeDocument>;
  verify(tables: string, code: number): Promise<ProofDocument>;
  load(table: string): Promise<LakeTable>;
  /** All files, relative to the lake. */
  files(): string[];
}

export function testLake(source: Fixture): TestLake {
  // Each reset gives the fixture another folder: what is written to the one before is removed by nobody.
  const folder = (): string => path.join(source.folder, 'lake');
  const run = async (code: number, tables: string, flags: readonly string[]): Promise<string> => {
    const env = { ...source.env(tables), FINANCE_DB_LAKE: folder() };
    const result = await runCli(['lake', '--json', ...flags], { env });
    if (result.code !== code) throw new Error(`exit ${result.code}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  };
  return {
    get folder() {
      return folder();
    },
    publish: async (tables, ...flags) => JSON.parse(await run(0, tables, flags)) as LakeDocument,
    verify: async (tables, code) => JSON.parse(await run(code, tables, ['--verify'])) as ProofDocument,
    load: async (table) => {
      const found = await loadTable(folderStore(path.join(folder(), 'public', table), 'test'));
      if (found === null) throw new Error(`no table ${table}`);
      return found;
    },
    files: () =>
      fs
        .readdirSync(folder(), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder(), path.join(entry.parentPath, entry.name)))
        .sort(),
  };
}
