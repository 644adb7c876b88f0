import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dropRecordedSlot } from '../../src/app/follow/dropSlot.ts';
import { sync } from '../../src/app/sync/sync.ts';
import { repair } from '../../src/app/validate/repair.ts';
import { validate } from '../../src/app/validate/validate.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseLsn, parseSnapshot, sees } from '../../src/model/watermark.ts';
import { fillWithoutIndexes } from '../../src/postgres/imports/indexesAside.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import type { Cluster } from '../support/cluster.ts';
import { startWriter } from '../support/duckdbWriter.ts';
import { temporaryFolder } from '../support/folder.ts';
import {
  configOf,
  type FollowerOptions,
  startFollower,
  syncRequest,
  type TestFollower,
  validateRequest,
} from '../support/follower.ts';
import { putHugeTransaction } from '../support/followHuge.ts';
import { makeFollowCluster } from '../support/followServer.ts';
import { followStress } from '../support/followStress.ts';
import { random } from '../support/stress.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
let session: PgSession;
let folder: ReturnType<typeof temporaryFolder>;
const followers: TestFollower[] = [];

beforeAll(async () => {
  cluster = await makeFollowCluster();
});
afterAll(() => cluster?.remove());

beforeEach(async () => {
  session = await connect(cluster.address, { retryMs: 5000 });
  folder = temporaryFolder();
  await session.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 500) i; CREATE PUBLICATION finance_db FOR TABLE t",
  );
});
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.stop().catch(() => undefined);
  await session.query('DROP PUBLICATION finance_db; DROP TABLE t');
  await session.close();
  folder.remove();
});

function start(options: Partial<FollowerOptions> = {}): TestFollower {
  const follower = startFollower({ address: cluster.address, folder: folder.path, tables: 't', ...options });
  followers.push(follower);
  return follower;
}

const config = () => configOf({ address: cluster.address, folder: folder.path, tables: 't' });
const drop = (name: string): Promise<boolean> =>
  dropRecordedSlot(config(), name, new Date(), new AbortController().signal);

/** How each stream began: `none` for one that went on without a scan. */
const modes = ({ events }: TestFollower): unknown[] =>
  events.flatMap((event) => (event.kind === 'scanned' ? [event.result.tables[0]?.mode] : []));

test('a copy of the file at any time is what the source was where it says to be, and readers only go forward', async () => {
  const followed = start();
  await followed.caughtUp(session);
  const model = new Map(Array.from({ length: 500 }, (_, at) => [at + 1, `v${at + 1}`]));
  const rows = (): string =>
    [...model]
      .map(([id, v]) => `${id}:${v}`)
      .sort()
      .join('\n');
  /** After each commit: all rows, the log's position, and the commit's xid. */
  const states = [{ rows: rows(), lsn: await position(), xid: 0 }];
  const copies: string[] = [];
  const state = { over: false, reads: 0, last: 0n };
  const copying = (async () => {
    while (!state.over) {
      const copy = `${folder.path}/copy-${copies.length}.duckdb`;
      await fs.promises.copyFile(followed.file, copy);
      copies.push(copy);
      await delay(40);
    }
  })();
  const reading = (async () => {
    while (!state.over) {
      const { lsn } = await contentOf(followed.file);
      expect(lsn >= state.last).toBe(true);
      state.last = lsn;
      state.reads++;
      await delay(40);
    }
  })();
  const publishes = (): number => followed.events.filter(({ kind }) => kind === 'published').length;
  const next = random(11);
  try {
    // Until there are enough copies of different states, however slow the machine.
    for (let step = 1; step <= 25 || (publishes() < 5 && step < 2000); step++) {
      const [changed, gone] = [1 + Math.floor(next() * 480), 1 + Math.floor(next() * 480)];
      for (let id = changed; id < changed + 10; id++) if (model.has(id)) model.set(id, `${step}`);
      model.delete(gone);
      model.set(1000 + step, 'new');
      const [row] = await session.query<{ xid: string }>(
        `BEGIN; UPDATE t SET v = '${step}' WHERE id BETWEEN ${changed} AND ${changed + 9}; DELETE FROM t WHERE id = ${gone}; INSERT INTO t VALUES (${1000 + step}, 'new'); SELECT pg_current_xact_id()::text AS xid; COMMIT`,
      );
      states.push({ rows: rows(), lsn: await position(), xid: Number(row?.xid) });
      await delay(10);
    }
    expect(await followed.compare(session)).toBe(model.size);
  } finally {
    state.over = true;
    await Promise.all([copying, reading]);
  }
  const seen = new Set<number>();
  for (const copy of copies) {
    const { rows: found, lsn, snapshot } = await contentOf(copy);
    const at = states.findIndex((candidate) => candidate.rows === found);
    expect(at).toBeGreaterThanOrEqual(0);
    // The commits of the file are those that end where it says to be, or before.
    expect(lsn > (states[at - 1]?.lsn ?? 0n)).toBe(true);
    expect(lsn <= (states[at + 1]?.lsn ?? lsn)).toBe(true);
    // Nothing that its watermark sees is missing in it.
    expect(states.findLastIndex(({ xid }) => sees(parseSnapshot(snapshot), xid))).toBeLessThanOrEqual(at);
    seen.add(at);
  }
  expect(seen.size).toBeGreaterThan(3);
  expect(state.reads).toBeGreaterThan(3);
  expect([followed.scans(), followed.restarts()]).toEqual([1, []]);
});

async function position(): Promise<bigint> {
  const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  return parseLsn(row?.lsn ?? '0/0');
}

async function contentOf(file: string): Promise<{ rows: string; lsn: bigint; snapshot: string }> {
  const reader = await openReader(file);
  try {
    const [row] = await reader.all<{ lsn: string; snapshot: string }>(
      "SELECT lsn, snapshot FROM finance_db.sync_state WHERE table_name = 't'",
    );
    const rows = await reader.all<{ row: string }>("SELECT id || ':' || v AS row FROM t");
    const texts = rows.map(({ row: text }) => text);
    return { rows: texts.sort().join('\n'), lsn: parseLsn(row?.lsn ?? '0/0'), snapshot: row?.snapshot ?? '' };
  } finally {
    reader.close();
  }
}

test('random writers, silent definitions and cut connections, by seed: every row of both sides is compared', async () => {
  await session.query('DROP PUBLICATION finance_db');
  try {
    const result = await followStress({
      ...{ address: cluster.address, folder: folder.path, seed: 6, seconds: 3, sessions: 3, rows: 600 },
      leastComparisons: 3,
    });
    expect(result.rowsCompared).toBeGreaterThan(3000);
    expect(result.reads).toBeGreaterThan(0);
  } finally {
    await session.query(
      'DROP TABLE plain, composite, parted, indexed; DROP TABLE IF EXISTS guest, parted_low; DROP TYPE mood',
    );
  }
});

test('what a validation finds damaged beside it is loaded anew by the follower, and compared again', async () => {
  await sync(syncRequest(config()));
  const harm = await startWriter(config().duckdbPath, ["UPDATE t SET v = 'wrong' WHERE id = 300", 'CHECKPOINT']);
  await harm.kill();
  const followed = start();
  await followed.caughtUp(session);
  await session.query("UPDATE t SET v = 'beside' WHERE id < 5");
  const found = await validate(validateRequest(config()));
  expect([found.status, found.tables[0]?.damage.different]).toEqual(['damaged', 1n]);
  const { result, repairs } = await repair(validateRequest(config()), found);
  expect(result).toMatchObject({ status: 'equal', metAt: expect.any(String) });
  expect(repairs).toMatchObject([{ table: 't', how: 'full', damage: { different: 1n } }]);
  expect(await followed.compare(session)).toBe(500);
  expect(followed.restarts()).toEqual(['a validation found damage in t']);
  // One of other tables cannot.
  const [check] = found.tables;
  if (check === undefined) throw new Error('nothing was checked');
  await expect(
    repair(validateRequest(config()), { ...found, tables: [{ ...check, table: 'other' }] }),
  ).rejects.toMatchObject({ code: 'SYNC_LOCKED', message: expect.stringContaining('does not follow other') });
});

test('prepared transactions that are open at the start are waited for, and told when they end between two followers', async () => {
  await sync(syncRequest(config()));
  const prepare = (name: string, id: number): Promise<unknown> =>
    session.query(
      `BEGIN; UPDATE t SET v = '${name}' WHERE id = ${id}; DELETE FROM t WHERE id = ${id + 1}; PREPARE TRANSACTION '${name}'`,
    );
  for (const [name, id] of [
    ['one', 10],
    ['two', 20],
  ] as const)
    await prepare(name, id);
  try {
    const options = { config: { lockWaitMs: 150 }, overrides: { keepSlot: 'prepared' } };
    const followed = start(options);
    await until('it says that it waits', () => followed.restarts().length > 0);
    expect(followed.restarts()[0]).toContain('a slot waits for all transactions that write');
    await session.query("COMMIT PREPARED 'one'");
    await session.query("ROLLBACK PREPARED 'two'");
    expect(await followed.compare(session)).toBe(499);
    await prepare('three', 30);
    await prepare('four', 40);
    await session.query("UPDATE t SET v = 'meanwhile' WHERE id BETWEEN 50 AND 60");
    expect(await followed.compare(session)).toBe(499);
    await followed.stop();
    await session.query("COMMIT PREPARED 'three'");
    const again = start(options);
    await again.caughtUp(session);
    await session.query("COMMIT PREPARED 'four'");
    expect(await again.compare(session)).toBe(497);
    expect(modes(again)).toEqual(['none']);
    await again.stop();
  } finally {
    for (const name of ['one', 'two', 'three', 'four'])
      await session.query(`ROLLBACK PREPARED '${name}'`).catch(() => undefined);
    await drop('prepared').catch(() => undefined);
  }
});

describe('a kept slot', () => {
  const keeping = { overrides: { keepSlot: 'ledger' } };

  async function slotState(): Promise<string | undefined> {
    const [row] = await session.query<{ state: string }>(
      "SELECT wal_status AS state FROM pg_replication_slots WHERE slot_name = 'ledger'",
    );
    return row?.state;
  }

  test('that another client streams from is not taken from it: who that is, and what to do', async () => {
    const first = start(keeping);
    await first.caughtUp(session);
    await first.stop();
    const elsewhere = temporaryFolder();
    try {
      // What makes a slot ours is that it is written down: two files say so.
      fs.copyFileSync(`${first.file}.slots`, `${elsewhere.path}/finance.duckdb.slots`);
      const other = start({ ...keeping, folder: elsewhere.path });
      await other.caughtUp(session);
      await session.query("UPDATE t SET v = 'for the other' WHERE id < 9");
      await other.compare(session);
      expect(await start(keeping).ended).toMatchObject({
        code: 'PG_LOCKED',
        message: expect.stringMatching(
          /process \d+ of .*\(finance-db, role tester, from 127\.0\.0\.1\) streams from the slot ledger/,
        ),
        remedy: expect.stringContaining('end the other one, or take another name'),
      });
      await other.stop();
      // What the other has taken is not told again: a scan.
      const again = start(keeping);
      expect(await again.compare(session)).toBe(500);
      expect(modes(again)).toEqual(['incremental']);
      await again.stop();
    } finally {
      elsewhere.remove();
      await drop('ledger');
    }
  });

  test('that lost its log (max_slot_wal_keep_size) is never made anew without a word', async () => {
    const first = start(keeping);
    await first.caughtUp(session);
    await session.query("UPDATE t SET v = 'told' WHERE id < 20");
    await first.compare(session);
    await first.stop();
    await session.query("UPDATE t SET v = 'untold' WHERE id BETWEEN 10 AND 30; DELETE FROM t WHERE id = 40");
    await session.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await session.query('SELECT pg_reload_conf()');
    try {
      await until('the slot has lost its log', async () => {
        await session.query("SELECT pg_logical_emit_message(true, 'test', ''), pg_switch_wal()");
        await session.query('CHECKPOINT');
        return (await slotState()) === 'lost';
      });
      expect(await start(keeping).ended).toMatchObject({
        code: 'PG_NO_SLOT',
        message: expect.stringContaining('has lost its log (max_slot_wal_keep_size)'),
        remedy: expect.stringContaining('--drop-slot ledger'),
      });
      expect(await slotState()).toBe('lost');
      expect((await contentOf(first.file)).rows).toContain('20:v20');
    } finally {
      await session.query('ALTER SYSTEM RESET max_slot_wal_keep_size');
      await session.query('SELECT pg_reload_conf()');
      expect(await drop('ledger')).toBe(true);
    }
    expect(await slotState()).toBeUndefined();
    const again = start(keeping);
    expect(await again.compare(session)).toBe(499);
    expect(modes(again)).toEqual(['incremental']);
    await again.stop();
    await drop('ledger');
  });
});

test('an import that makes the indexes of an empty table anew is seen as a change of its definition, once', async () => {
  await session.query('TRUNCATE t');
  const followed = start();
  await followed.caughtUp(session);
  await session.query('BEGIN');
  await fillWithoutIndexes(session, { schema: 'public', name: 't' }, 20_000, async () => {
    await session.query("INSERT INTO t SELECT i, 'imported ' || i FROM generate_series(1, 20000) i");
  });
  await session.query('COMMIT');
  expect(await followed.compare(session)).toBe(20_000);
  expect(followed.restarts()).toHaveLength(1);
  await session.query("UPDATE t SET v = 'after' WHERE id < 100");
  expect(await followed.compare(session)).toBe(20_000);
  expect(followed.restarts()).toHaveLength(1);
});

test('a transaction much larger than what is held in memory passes through a process that stays small', async () => {
  const { rowsCompared, grownBytes } = await putHugeTransaction({
    address: cluster.address,
    folder: folder.path,
    rows: 100_000,
  });
  expect(rowsCompared).toBe(90_000);
  if (grownBytes !== null) expect(grownBytes).toBeLessThan(300e6);
});
