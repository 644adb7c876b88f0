import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sync } from '../../src/app/sync/sync.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { compareTable } from './compare.ts';
import { urlOf } from './database.ts';
import { configOf, startFollower, syncRequest } from './follower.ts';
import { startTool } from './process.ts';
import { random } from './stress.ts';

const SLOT = 'finance_db_stress';

export interface FollowKillOptions {
  readonly address: PostgresAddress;
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly rows: number;
  /** Whether they keep a slot, from which most of the next ones go on. */
  readonly keepSlot?: boolean;
  readonly log?: (line: string) => void;
}

export interface FollowKillResult {
  readonly kills: number;
  /** Kills of a follower that had streamed changes into the file. */
  readonly streaming: number;
  readonly rowsCompared: number;
  /** Followers that went on without a scan after a kill. */
  readonly resumed: number;
}

/**
 * Kills followers of the built tool with SIGKILL at random instants while somebody writes. Each time the file opens and says of
 * itself what it holds; then a scan goes on from it, or the next follower does, and every row is compared.
 */
export async function killFollowers(options: FollowKillOptions): Promise<FollowKillResult> {
  const { address, folder, rows, log = () => undefined } = options;
  const session = await connect(address, { retryMs: 2000 });
  const writer = await connect(address, { retryMs: 2000 });
  const next = random(options.seed);
  const env = { DATABASE_URL: urlOf(address), FINANCE_DB_HOME: folder, FINANCE_DB_TABLES: 't' };
  const file = path.join(folder, 'finance.duckdb');
  const result = { kills: 0, streaming: 0, rowsCompared: 0, resumed: 0 };
  const slot = options.keepSlot === true ? SLOT : null;
  try {
    await session.query(
      `CREATE TABLE t (id int PRIMARY KEY, v text, amount numeric(15,2)); INSERT INTO t SELECT i, repeat('x', i % 50) || i, i / 8.0 FROM generate_series(1, ${rows}) i; CREATE PUBLICATION finance_db FOR TABLE t`,
    );
    const request = syncRequest(configOf({ address, folder, tables: 't' }));
    await sync(request);
    while (result.kills < options.kills) {
      const { child, ended } = startTool(
        ['follow', '--write-budget', '0', ...(slot === null ? [] : ['--keep-slot', slot])],
        env,
      );
      const state = { stopped: false };
      const writing = write(writer, next, rows, state);
      // Half of them while they begin, half of them once changes stream into the file.
      if (next() < 0.5) await streams(file);
      await delay(Math.floor(next() * 2500));
      child.kill('SIGKILL');
      const { signal, stderr } = await ended;
      state.stopped = true;
      await writing;
      if (signal !== 'SIGKILL') throw new Error(`the follower ended by itself: ${stderr}`);
      result.kills++;
      const mode = await readMode(file);
      if (mode === 'follow') result.streaming++;
      // Whatever the kill left, a scan goes on from it, and the next follower begins with one.
      if (slot === null || next() < 0.2) await sync(request);
      else if (await goesOn(address, folder, slot)) result.resumed++;
      result.rowsCompared += await compareFile(session, file);
      log(`kill ${result.kills} (${mode}): equal`);
    }
    return result;
  } finally {
    await writer.close();
    await session.close();
  }
}

/** Waits until a follower streams, for as long as that may take on a busy machine. */
async function streams(file: string): Promise<void> {
  for (let turn = 0; turn < 1200; turn++) {
    const note = currentFollower(file);
    if (note?.state === 'streaming' && note.published_at !== null) return;
    await delay(50);
  }
}

/** Drains what a kept slot holds. @returns whether that took no scan */
async function goesOn(address: PostgresAddress, folder: string, slot: string): Promise<boolean> {
  const overrides = { once: true, keepSlot: slot };
  const follower = startFollower({ address, folder, tables: 't', overrides });
  const failure = await follower.ended;
  if (failure !== undefined) throw failure;
  return follower.events.some((event) => event.kind === 'scanned' && event.result.tables[0]?.mode === 'none');
}

async function write(session: PgSession, next: () => number, rows: number, state: { stopped: boolean }): Promise<void> {
  while (!state.stopped) {
    const from = 1 + Math.floor(next() * rows);
    await session.query(
      `BEGIN; UPDATE t SET v = v || '!' WHERE id BETWEEN ${from} AND ${from + 20}; DELETE FROM t WHERE id = ${from + 7};
       INSERT INTO t SELECT i, 'new', i FROM generate_series(${from}, ${from + 39}) i ON CONFLICT DO NOTHING; COMMIT`,
    );
    await delay(Math.floor(next() * 60));
  }
}

async function readMode(file: string): Promise<string> {
  const reader = await openReader(file);
  try {
    const [row] = await reader.all<{ mode: string; same: boolean }>(
      'SELECT mode, row_count = (SELECT count(*) FROM t) AS same FROM finance_db.sync_state',
    );
    if (row?.same !== true) throw new Error('the file says another number of rows than it holds');
    return row.mode;
  } finally {
    reader.close();
  }
}

async function compareFile(session: PgSession, file: string): Promise<number> {
  const reader = await openReader(file);
  try {
    return await compareTable(session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}
