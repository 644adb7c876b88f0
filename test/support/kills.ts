import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { runCli } from './cli.ts';
import { compareTable } from './compare.ts';
import { urlOf } from './database.ts';
import { digestOf, startTool } from './process.ts';
import { random } from './stress.ts';

export interface KillOptions {
  readonly address: PostgresAddress;
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly rows: number;
  readonly log?: (line: string) => void;
}

export interface KillResult {
  /** Syncs that were killed before they ended. */
  readonly killed: number;
  /** Of these, those whose kill came after the file was published. */
  readonly afterPublish: number;
  readonly full: number;
  readonly incremental: number;
  readonly leftBehind: number;
  readonly rowsCompared: number;
}

/**
 * Kills syncs of the built tool at random instants, full and incremental ones in turn. After each kill the published file
 * must be the old one to the byte, or equal the source; after the next sync it equals the source and nothing is left.
 */
export async function killSyncs(options: KillOptions): Promise<KillResult> {
  const { address, folder, rows, log = () => undefined } = options;
  const session = await connect(address, { retryMs: 2000 });
  const file = path.join(folder, 'finance.duckdb');
  const env = { DATABASE_URL: urlOf(address), FINANCE_DB_HOME: folder, FINANCE_DB_TABLES: 't' };
  const next = random(options.seed);
  const result = { killed: 0, afterPublish: 0, full: 0, incremental: 0, leftBehind: 0, rowsCompared: 0 };
  const syncWhole = async (flags: readonly string[]): Promise<number> => {
    const started = performance.now();
    const { code, stderr } = await startTool(['sync', '--json', ...flags], env).ended;
    if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
    return performance.now() - started;
  };
  try {
    await session.query(
      `CREATE TABLE t (id int PRIMARY KEY, v text, amount numeric(15,2)); INSERT INTO t SELECT i, repeat('x', i % 50) || i, i / 8.0 FROM generate_series(1, ${rows}) i`,
    );
    const duration = { full: await syncWhole([]), incremental: 0 };
    await change(session, next, rows);
    duration.incremental = await syncWhole([]);
    for (let attempt = 0; result.killed < options.kills; attempt++) {
      const mode = attempt % 2 === 0 ? 'full' : 'incremental';
      await change(session, next, rows);
      const before = digestOf(file);
      const { child, ended } = startTool(['sync', ...(mode === 'full' ? ['--full'] : [])], env);
      // The whole tool runs for a while before it does anything that matters; most kills should come after.
      await delay((0.15 + next() * 0.85) * duration[mode]);
      child.kill('SIGKILL');
      if ((await ended).signal !== 'SIGKILL') continue;
      result.killed++;
      result[mode]++;
      if (fs.readdirSync(folder).length > 1) result.leftBehind++;
      if (digestOf(file) !== before) {
        result.afterPublish++;
        result.rowsCompared += await compare(session, file);
      }
      // Every second time the next sync is incremental from whatever the kill left.
      const { code, stderr } = await runCli(['sync', '--json', ...(next() < 0.5 ? [] : ['--full'])], { env });
      if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
      result.rowsCompared += await compare(session, file);
      const left = fs.readdirSync(folder).filter((name) => !isOurs(name) && !isEmptyDraft(folder, name));
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
      log(`kill ${result.killed} (${mode}): equal`);
    }
    return result;
  } finally {
    await session.close();
  }
}

async function change(session: PgSession, next: () => number, rows: number): Promise<void> {
  const from = 1 + Math.floor(next() * rows);
  await session.query(`UPDATE t SET v = v || '!' WHERE id BETWEEN ${from} AND ${from + 50}; DELETE FROM t WHERE id = ${from + 7};
    INSERT INTO t SELECT i, 'new', i FROM generate_series(${from}, ${from + 99}) i ON CONFLICT DO NOTHING`);
}

async function compare(session: PgSession, file: string): Promise<number> {
  const reader = await openReader(file);
  try {
    return await compareTable(session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}

/** The file, and when it was last found to be up to date: what a sync notes that comes after a kill which came after publishing. */
function isOurs(name: string): boolean {
  return name === 'finance.duckdb' || name === 'finance.duckdb.checked';
}

/** A lock that was killed between its creation and its first byte: it may be of a living process, so it is kept for two minutes. */
function isEmptyDraft(folder: string, name: string): boolean {
  return name.includes('.lock.') && fs.statSync(path.join(folder, name)).size === 0;
}
