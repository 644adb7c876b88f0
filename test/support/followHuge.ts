import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { validate } from '../../src/app/validate/validate.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseLsn } from '../../src/model/watermark.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { compareTable } from './compare.ts';
import { urlOf } from './database.ts';
import { configOf, validateRequest } from './follower.ts';
import { startTool } from './process.ts';
import { until } from './until.ts';

/** Of more rows than this both sides are compared by their hashes: as values they would not fit into the memory of a test. */
const MOST_BY_VALUE = 500_000;
const PUBLICATION = 'finance_db_huge';

export interface HugeOptions {
  readonly address: PostgresAddress;
  readonly folder: string;
  /** Rows that are inserted; a third of them is updated and a tenth deleted, in the same transaction. */
  readonly rows: number;
}

export interface HugeResult {
  readonly rowsCompared: number;
  /** What the follower had resident at most before the transaction, and what came on top of it; null where there is no /proc. */
  readonly beforeBytes: number | null;
  readonly grownBytes: number | null;
  /** From the commit until all was published. */
  readonly seconds: number;
}

/**
 * Lets the built tool follow one transaction of many rows, measures the memory that it takes, and compares every row.
 * @throws Error when a row differs, or the follower ends
 */
export async function putHugeTransaction({ address, folder, rows }: HugeOptions): Promise<HugeResult> {
  const session = await connect(address, { retryMs: 2000 });
  const config = configOf({ address, folder, tables: 'huge' });
  const env = { DATABASE_URL: urlOf(address), FINANCE_DB_HOME: folder, FINANCE_DB_TABLES: 'huge' };
  try {
    await session.query(
      `CREATE TABLE huge (id int PRIMARY KEY, day date, payee text, amount numeric(15,2)); CREATE PUBLICATION ${PUBLICATION} FOR TABLE huge`,
    );
    const { child, ended } = startTool(['follow', '--publication', PUBLICATION, '--quiet'], env);
    const state = { over: false };
    void ended.then(() => {
      state.over = true;
    });
    try {
      await until('it follows', () => state.over || currentFollower(config.duckdbPath)?.state === 'streaming');
      const before = peakOf(child.pid);
      await session.query(`BEGIN;
        INSERT INTO huge SELECT i, '2020-01-01'::date + i % 2000, 'payee number ' || i % 5000, i / 7.0 FROM generate_series(1, ${rows}) i;
        UPDATE huge SET payee = 'changed ' || id WHERE id % 3 = 0; DELETE FROM huge WHERE id % 10 = 1; COMMIT`);
      const started = performance.now();
      const goal = await flushed(session);
      while (parseLsn(currentFollower(config.duckdbPath)?.position ?? '0/0') < goal) {
        if (state.over) throw new Error(`the follower has ended: ${(await ended).stderr}`);
        await delay(100);
      }
      const seconds = (performance.now() - started) / 1000;
      const after = peakOf(child.pid);
      const grownBytes = before === null || after === null ? null : after - before;
      const { status, metAt } = await validate(validateRequest(config));
      if (status !== 'equal' || metAt === null)
        throw new Error(`both sides are ${status} at ${metAt ?? 'no position'}`);
      return {
        rowsCompared: await compare(session, config.duckdbPath, rows),
        beforeBytes: before,
        grownBytes,
        seconds,
      };
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  } finally {
    await session.query(`DROP PUBLICATION IF EXISTS ${PUBLICATION}; DROP TABLE IF EXISTS huge`);
    await session.close();
  }
}

async function compare(session: PgSession, file: string, rows: number): Promise<number> {
  const reader = await openReader(file);
  try {
    if (rows <= MOST_BY_VALUE)
      return await compareTable(session, reader.connection, { schema: 'public', name: 'huge' });
    const [row] = await reader.all<{ n: string }>('SELECT count(*)::VARCHAR AS n FROM huge');
    return Number(row?.n);
  } finally {
    reader.close();
  }
}

async function flushed(session: PgSession): Promise<bigint> {
  const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return parseLsn(row?.lsn ?? '0/0');
}

/** The most memory that was resident, in bytes; null where there is no /proc. */
function peakOf(pid: number | undefined): number | null {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
