import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dropRecordedSlot } from '../../src/app/follow/dropSlot.ts';
import { sync } from '../../src/app/sync/sync.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { readSlots } from '../../src/duckdb/slotRecord.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import type { Cluster } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import { startWriter } from '../support/duckdbWriter.ts';
import { temporaryFolder } from '../support/folder.ts';
import { configOf, startFollower, syncRequest, type TestFollower } from '../support/follower.ts';
import { killFollowers } from '../support/followKills.ts';
import { makeFollowCluster } from '../support/followServer.ts';
import { type HeldBackProxy, startProxy, startTool } from '../support/process.ts';
import { mountDisk } from '../support/smallDisk.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
let session: PgSession;
let folder: ReturnType<typeof temporaryFolder>;
let follower: TestFollower | undefined;

beforeAll(async () => {
  cluster = await makeFollowCluster({ fsync: 'on' });
});
afterAll(() => cluster?.remove());

beforeEach(async () => {
  session = await connect(cluster.address, { retryMs: 5000 });
  folder = temporaryFolder();
  await session.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5000) i; CREATE PUBLICATION finance_db FOR TABLE t",
  );
});
afterEach(async () => {
  await follower?.stop().finally(() => {
    follower = undefined;
  });
  await session.query('DROP PUBLICATION finance_db; DROP TABLE t');
  await session.close();
  folder.remove();
});

function start(address = cluster.address): TestFollower {
  follower = startFollower({ address, folder: folder.path, tables: 't' });
  return follower;
}

const env = (): Record<string, string> => ({
  DATABASE_URL: urlOf(cluster.address),
  FINANCE_DB_HOME: folder.path,
  FINANCE_DB_TABLES: 't',
});

test('the server is stopped in the middle, and comes back', async () => {
  const followed = start();
  await followed.caughtUp(session);
  await session.query("UPDATE t SET v = 'before' WHERE id < 10");
  cluster.stop('immediate');
  cluster.start();
  await session.close();
  session = await connect(cluster.address, { retryMs: 5000 });
  await session.query("UPDATE t SET v = 'after' WHERE id < 5; DELETE FROM t WHERE id = 100");
  expect(await followed.compare(session)).toBe(4999);
  expect(followed.restarts().join()).toMatch(/connection|answer/);
});

test('the connection is cut in the very first scan, and inside of a transaction', async () => {
  const proxy = await startProxy(cluster.address);
  try {
    proxy.limit(30_000, 'cut');
    const followed = start(proxy.address);
    await proxy.reached();
    proxy.resume();
    await followed.caughtUp(session);
    expect(followed.restarts()).toHaveLength(1);
    proxy.limit(200_000, 'cut');
    await session.query("UPDATE t SET v = repeat('y', 200)");
    await proxy.reached();
    proxy.resume();
    expect(await followed.compare(session)).toBe(5000);
    expect(followed.restarts()).toHaveLength(2);
    await followed.stop();
  } finally {
    await proxy.close();
  }
});

test('its sessions are ended, and rows of the file contradict the stream', async () => {
  const followed = start();
  await followed.caughtUp(session);
  await session.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'");
  await session.query("INSERT INTO t VALUES (9001, 'x')");
  await followed.compare(session);
  await followed.stop();
  // Somebody changed the file: a row that the stream will change is not there, and another one is.
  const writer = await startWriter(followed.file, ['UPDATE t SET id = 70000 WHERE id = 70', 'CHECKPOINT']);
  await writer.kill();
  const again = start();
  await again.caughtUp(session);
  await session.query("UPDATE t SET v = 'found out' WHERE id = 70");
  expect(await again.compare(session)).toBe(5001);
  expect(again.restarts()).toEqual([expect.stringContaining('1 row was to be changed or deleted, and 0 found')]);
  expect(again.events.some((event) => event.kind === 'scanned' && event.result.tables[0]?.mode === 'full')).toBe(true);
});

test('a writer is open while the slot is made, and a file that was restored from a backup is mended by the scan', async () => {
  const followed = start();
  await followed.caughtUp(session);
  fs.copyFileSync(followed.file, `${followed.file}.backup`);
  await session.query("UPDATE t SET v = 'later' WHERE id < 50");
  await followed.compare(session);
  await followed.stop();
  fs.copyFileSync(`${followed.file}.backup`, followed.file);
  fs.rmSync(`${followed.file}.backup`);
  const writer = await connect(cluster.address, { retryMs: 0 });
  try {
    await writer.query("BEGIN; UPDATE t SET v = 'open' WHERE id = 60");
    const again = start();
    await delay(300);
    await writer.query("UPDATE t SET v = 'open' WHERE id = 61; COMMIT");
    expect(await again.compare(session)).toBe(5000);
  } finally {
    await writer.close();
  }
});

test('another program has the file open for writing: it waits, and goes on when that has ended', async () => {
  const followed = start();
  await followed.caughtUp(session);
  const writer = await startWriter(followed.file, ['SELECT 1']);
  await session.query("UPDATE t SET v = 'held up' WHERE id = 1");
  await until('it says that the file is held', () => followed.events.some(({ kind }) => kind === 'warning'));
  expect(followed.events).toContainEqual({ kind: 'warning', text: expect.stringContaining('not published yet') });
  await session.query("UPDATE t SET v = 'and more' WHERE id = 2");
  await writer.kill();
  await followed.compare(session);
  expect(followed.restarts()).toEqual([]);
});

test('a file that is removed or replaced while nothing changes comes back; what somebody else put there stays', async () => {
  const followed = start();
  await followed.caughtUp(session);
  const backup = `${folder.path}/backup`;
  fs.copyFileSync(followed.file, backup);
  await session.query("UPDATE t SET v = 'later' WHERE id < 50");
  expect(await followed.compare(session)).toBe(5000);
  fs.rmSync(followed.file);
  // A sync beside it is content with a file that is there.
  expect(
    await sync(syncRequest(configOf({ address: cluster.address, folder: folder.path, tables: 't' }))),
  ).toMatchObject({
    published: false,
  });
  expect(await compareFile()).toBe(5000);
  fs.copyFileSync(backup, followed.file);
  expect(await followed.compare(session)).toBe(5000);
  fs.renameSync(backup, followed.file);
  expect(await followed.compare(session)).toBe(5000);
  const warnings = followed.events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
  expect([warnings, followed.restarts()]).toEqual([
    [
      expect.stringMatching(/^published anew: .* was removed$/),
      ...Array(2).fill(expect.stringMatching(/^published anew: another file was put in the place of /)),
    ],
    [],
  ]);
  // Changes come in the very moment: looked for at each publish as well.
  fs.writeFileSync(backup, 'a letter');
  fs.renameSync(backup, followed.file);
  await session.query("UPDATE t SET v = 'last' WHERE id < 50");
  expect(await followed.ended).toMatchObject({ code: 'DUCKDB_NOT_OURS' });
  follower = undefined;
  expect(fs.readFileSync(followed.file, 'utf8')).toBe('a letter');
});

test('a commit that waits for a standby is in the log, and not published before anybody can see it', async () => {
  const followed = start();
  await followed.caughtUp(session);
  const writer = await connect(cluster.address, { retryMs: 0 });
  try {
    await session.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await session.query('SELECT pg_reload_conf()');
    // The server takes the setting in its own time: until one commit waits.
    let stalled: Promise<unknown> | null = null;
    let round = 0;
    while (stalled === null && round < 400) {
      const state = { done: false };
      round++;
      const commit = writer.query(`UPDATE t SET v = 'stalled ${round}' WHERE id < 50`).finally(() => {
        state.done = true;
      });
      while (!state.done && stalled === null) {
        await delay(25);
        const [waiting] = await session.query("SELECT 1 AS x FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        if (waiting !== undefined) stalled = commit;
      }
    }
    const count = `SELECT count(*)::INT AS n FROM t WHERE v = 'stalled ${round}'`;
    for (let turn = 0; turn < 800 && followed.standing()?.state !== 'waiting'; turn++) await delay(25);
    expect(followed.standing()).toMatchObject({ state: 'waiting', why: expect.stringContaining('wait for a standby') });
    expect(await read(followed.file, count)).toEqual([{ n: 0 }]);
    await session.query('ALTER SYSTEM RESET synchronous_standby_names');
    await session.query('SELECT pg_reload_conf()');
    await stalled;
    expect(await followed.compare(session)).toBe(5000);
    expect(await read(followed.file, count)).toEqual([{ n: 49 }]);
  } finally {
    await session.query('ALTER SYSTEM RESET synchronous_standby_names');
    await session.query('SELECT pg_reload_conf()');
    await writer.close();
  }
}, 180_000);

describe('a kept slot', () => {
  const keeping = (): TestFollower => {
    follower = startFollower({
      ...{ address: cluster.address, folder: folder.path, tables: 't' },
      overrides: { keepSlot: 'ledger' },
    });
    return follower;
  };
  const config = () => configOf({ address: cluster.address, folder: folder.path, tables: 't' });
  const drop = (name: string): Promise<boolean> =>
    dropRecordedSlot(config(), name, new Date(), new AbortController().signal);
  const slots = async (): Promise<unknown[]> =>
    (await session.query<{ slot_name: string }>('SELECT slot_name FROM pg_replication_slots WHERE NOT temporary')).map(
      ({ slot_name }) => slot_name,
    );
  /** How the stream began: `none` for one that went on without a scan; and what was said of it. */
  const beginning = ({ events }: TestFollower): [string | undefined, string] => [
    events.flatMap((event) => (event.kind === 'scanned' ? [event.result.tables[0]?.mode as string] : []))[0],
    events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])).join(' | '),
  ];
  let round = 0;
  const change = async (): Promise<void> => {
    round++;
    await session.query(
      `UPDATE t SET v = 'round ${round}' WHERE id % 10 = ${round % 10}; DELETE FROM t WHERE id = ${round}; INSERT INTO t VALUES (${6000 + round}); UPDATE t SET id = -id WHERE id = ${100 + round}`,
    );
  };

  test('goes on without a scan, and with one after any doubt', async () => {
    const first = keeping();
    await first.caughtUp(session);
    await change();
    await first.compare(session);
    expect(beginning(first)[1]).toContain('max_slot_wal_keep_size');
    await first.stop();
    const between: readonly (readonly [mode: string, why: RegExp, () => unknown])[] = [
      ['none', /keeps the server's log/, () => undefined],
      ['incremental', /not published with this slot/, async () => sync(syncRequest(config()))],
      ['none', /keeps the server's log/, () => undefined],
      ['incremental', /a definition/, async () => session.query("ALTER TABLE t ALTER v SET DEFAULT 'none'")],
      [
        'incremental',
        /beyond the file/,
        async () => session.query("SELECT pg_replication_slot_advance('ledger', pg_current_wal_flush_lsn())"),
      ],
      [
        'incremental',
        /beyond the file/,
        async () => {
          // A backup that was taken before, and restored after, the follower went on.
          fs.copyFileSync(`${folder.path}/finance.duckdb`, `${folder.path}/backup`);
          const meanwhile = keeping();
          await meanwhile.compare(session);
          await meanwhile.stop();
          fs.copyFileSync(`${folder.path}/backup`, `${folder.path}/finance.duckdb`);
          await change();
        },
      ],
    ];
    for (const [mode, why, what] of between) {
      await change();
      await what();
      const again = keeping();
      await again.compare(session);
      expect(beginning(again)).toEqual([mode, expect.stringMatching(why)]);
      await change();
      expect(await again.compare(session)).toBe(5000);
      expect(again.restarts()).toEqual([]);
      await again.stop();
    }
    const status = await runCli(['status', '--json'], { env: env() });
    expect(JSON.parse(status.stdout)).toMatchObject({
      slots: [
        {
          ...{ name: 'ledger', state: 'waiting', limited: false },
          ...{ held_bytes: expect.any(Number), lag_bytes: expect.any(Number) },
        },
      ],
    });
    expect(await drop('ledger')).toBe(true);
    expect(await slots()).toEqual([]);
  }, 180_000);

  test('a lost connection costs no scan; a slot that is gone is not made anew, and no other one is touched', async () => {
    const first = keeping();
    await first.caughtUp(session);
    await change();
    await first.compare(session);
    await session.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'");
    await change();
    await first.compare(session);
    expect(first.restarts()).toHaveLength(1);
    expect(first.events.flatMap((event) => (event.kind === 'scanned' ? [event.result.tables[0]?.mode] : []))).toEqual([
      'full',
      'none',
    ]);
    await expect(drop('ledger')).rejects.toMatchObject({ code: 'PG_LOCKED' });
    await first.stop();
    for (let turn = 0; turn < 200; turn++) {
      const gone = await session.query("SELECT pg_drop_replication_slot('ledger')").catch(() => null);
      if (gone !== null) break;
      await delay(25);
    }
    expect(await keeping().ended).toMatchObject({ code: 'PG_NO_SLOT', message: expect.stringContaining('is gone') });
    follower = undefined;
    expect(await slots()).toEqual([]);
    await session.query("SELECT pg_create_logical_replication_slot('ledger', 'pgoutput')");
    const status = await runCli(['status'], { env: env() });
    expect(status.stdout).toMatch(/Slot {8}ledger: nobody follows; /);
    // One of the same name that somebody else made is no doubt of ours: its position lies beyond the file.
    const again = keeping();
    await again.compare(session);
    expect(beginning(again)[1]).toContain('beyond the file');
    await again.stop();
    expect(await drop('ledger')).toBe(true);
    await session.query("SELECT pg_create_logical_replication_slot('others', 'pgoutput')");
    const foreign = startFollower({
      ...{ address: cluster.address, folder: folder.path, tables: 't' },
      overrides: { keepSlot: 'others' },
    });
    expect(await foreign.ended).toMatchObject({
      code: 'PG_NO_SLOT',
      message: expect.stringContaining('no follower of'),
    });
    await expect(drop('others')).rejects.toMatchObject({ code: 'PG_NO_SLOT' });
    expect(await slots()).toEqual(['others']);
    await session.query("SELECT pg_drop_replication_slot('others')");
  }, 180_000);
});

describe('a slot while it is streamed from', () => {
  const dropOurs = (): Promise<boolean> =>
    dropRecordedSlot(
      configOf({ address: cluster.address, folder: folder.path, tables: 't' }),
      'ledger',
      new Date(),
      new AbortController().signal,
    );
  const keep = (address: Cluster['address'], place = folder.path): TestFollower =>
    startFollower({ address, folder: place, tables: 't', overrides: { keepSlot: 'ledger' } });
  const begun = ({ events }: TestFollower): unknown[] =>
    events.flatMap((event) => (event.kind === 'scanned' ? [event.result.tables[0]?.mode] : []));
  const slotOf = async (what: string): Promise<unknown> =>
    (await session.query<{ value: unknown }>(`SELECT ${what} AS value FROM pg_replication_slots`))[0]?.value;

  /** Lets the follower hear nothing while rows change, its stream is ended, and something happens to its slot. */
  async function unheard(proxy: HeldBackProxy, ending: string | null, what: () => Promise<unknown>): Promise<void> {
    proxy.limit(0, 'hold');
    await session.query(
      "BEGIN; UPDATE t SET v = 'unheard' WHERE id % 7 = 0; DELETE FROM t WHERE id % 50 = 1; UPDATE t SET id = -id WHERE id % 50 = 2; COMMIT",
    );
    if (ending !== null) {
      await session.query(ending);
      await until('the slot is free', async () => (await slotOf('active_pid')) === null);
    }
    await what();
    proxy.cut();
  }

  /** Makes the log grow beyond what a slot may hold. */
  async function outgrow(lost: () => Promise<boolean>): Promise<void> {
    await session.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await session.query('SELECT pg_reload_conf()');
    try {
      await until('the slot has lost its log', async () => {
        await session.query("SELECT pg_logical_emit_message(true, 'test', ''), pg_switch_wal()");
        await session.query('CHECKPOINT');
        return await lost();
      });
    } finally {
      await session.query('ALTER SYSTEM RESET max_slot_wal_keep_size');
      await session.query('SELECT pg_reload_conf()');
    }
  }

  const END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'";
  const isLost = async (): Promise<boolean> => (await slotOf('wal_status')) === 'lost';
  const gone: readonly (readonly [name: string, ending: string | null, what: () => Promise<unknown>, says: string])[] =
    [
      ['dropped', END, () => session.query("SELECT pg_drop_replication_slot('ledger')"), 'is gone'],
      ['out of its log', null, () => outgrow(isLost), 'has lost its log'],
    ];
  test.each(gone)('%s: it ends with the file as it was, and is not made anew', async (_name, ending, what, says) => {
    const proxy = await startProxy(cluster.address);
    try {
      follower = keep(proxy.address);
      await follower.caughtUp(session);
      await session.query("UPDATE t SET v = 'told' WHERE id < 100");
      await follower.compare(session);
      await session.query('CREATE TABLE told AS TABLE t');
      await unheard(proxy, ending, what);
      expect(await follower.ended).toMatchObject({ code: 'PG_NO_SLOT', message: expect.stringContaining(says) });
      follower = undefined;
      expect(await compareFile('told')).toBe(5000);
      await dropOurs();
      follower = keep(proxy.address);
      expect(await follower.compare(session)).toBe(4900);
      expect(begun(follower)).toEqual(['incremental']);
      await follower.stop();
      await dropOurs();
    } finally {
      await session.query('DROP TABLE IF EXISTS told');
      await proxy.close();
    }
  });

  test('moved by another: a scan brings what it no longer tells', async () => {
    const proxy = await startProxy(cluster.address);
    try {
      follower = keep(proxy.address);
      await follower.caughtUp(session);
      await unheard(proxy, END, () =>
        session.query("SELECT pg_replication_slot_advance('ledger', pg_current_wal_flush_lsn())"),
      );
      expect(await follower.compare(session)).toBe(4900);
      expect(begun(follower)).toEqual(['full', 'incremental']);
      await follower.stop();
      await dropOurs();
    } finally {
      await proxy.close();
    }
  });

  test('stolen by another follower: it waits, and begins with a scan when that has ended', async () => {
    const proxy = await startProxy(cluster.address);
    const elsewhere = temporaryFolder();
    try {
      follower = keep(proxy.address);
      await follower.caughtUp(session);
      // What makes a slot theirs is that it is written down beside their file.
      fs.copyFileSync(`${follower.file}.slots`, `${elsewhere.path}/finance.duckdb.slots`);
      let thief: TestFollower | undefined;
      await unheard(proxy, END, async () => {
        thief = keep(cluster.address, elsewhere.path);
        expect(await thief.compare(session)).toBe(4900);
      });
      const robbed = follower;
      await until('it says who has the slot', () => /streams from the slot ledger/.test(robbed.standing()?.why ?? ''));
      await session.query("UPDATE t SET v = 'to the thief' WHERE id < 60");
      expect(await thief?.compare(session)).toBe(4900);
      await thief?.stop();
      expect(await follower.compare(session)).toBe(4900);
      expect(begun(follower)).toEqual(['full', 'incremental']);
      await follower.stop();
      await dropOurs();
    } finally {
      elsewhere.remove();
      await proxy.close();
    }
  });

  test('one that goes with its connection, out of its log: a scan begins another', async () => {
    const proxy = await startProxy(cluster.address);
    try {
      const followed = start(proxy.address);
      await followed.caughtUp(session);
      const slot = await slotOf('slot_name');
      await unheard(proxy, null, () => outgrow(async () => (await slotOf('slot_name')) !== slot || isLost()));
      expect(await followed.compare(session)).toBe(4900);
      expect(begun(followed)).toEqual(['full', 'incremental']);
      await followed.stop();
    } finally {
      await proxy.close();
    }
  });
});

test('a slot that waits for a writer, who waits for a change of a definition, which waits for us, gives way', async () => {
  await session.query('CREATE TABLE elsewhere (id int)');
  const [writer, owner] = await Promise.all([1, 2].map(() => connect(cluster.address, { retryMs: 2000 })));
  if (writer === undefined || owner === undefined) throw new Error('no sessions');
  const waits = (query: string): Promise<boolean> =>
    session
      .query(`SELECT 1 AS x FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '${query}%'`)
      .then((rows) => rows.length > 0);
  try {
    await writer.query('BEGIN; INSERT INTO elsewhere VALUES (1)');
    follower = startFollower({
      ...{ address: cluster.address, folder: folder.path, tables: 't', config: { lockWaitMs: 3_600_000 } },
    });
    await until('the slot waits', () => waits('CREATE_REPLICATION_SLOT'));
    const change = owner.query('ALTER TABLE t ADD COLUMN late int DEFAULT 7');
    await until(
      'the change waits',
      async () => follower?.restarts().length !== 0 || (await waits('ALTER TABLE t ADD')),
    );
    const update = writer.query("UPDATE t SET v = 'after all' WHERE id < 10; COMMIT");
    await Promise.all([change, update]);
    expect(await follower.compare(session)).toBe(5000);
    expect(follower.restarts().join()).toContain('waited for a table that is held');
  } finally {
    await Promise.all([writer.close(), owner.close()]);
    await session.query('DROP TABLE elsewhere');
  }
});

test('it ends when commits are to wait for it, which would wait for them', async () => {
  const followed = start();
  await followed.caughtUp(session);
  await session.query("UPDATE t SET v = 'confirmed' WHERE id < 20");
  await followed.compare(session);
  await session.query('ALTER SYSTEM SET synchronous_standby_names = \'FIRST 1 ("Finance-DB", other)\'');
  try {
    await session.query('SELECT pg_reload_conf()');
    expect(await followed.ended).toMatchObject({ code: 'PG_SYNC_STANDBY' });
    follower = undefined;
  } finally {
    await session.query('ALTER SYSTEM RESET synchronous_standby_names');
    await session.query('SELECT pg_reload_conf()');
  }
});

test('for cron it catches up, says what it put, and ends; with a slot that stays it needs no scan', async () => {
  const run = (...flags: string[]): ReturnType<typeof runCli> => runCli(['follow', ...flags], { env: env() });
  const first = await run('--once', '--keep-slot', 'nightly');
  expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/sync ok .*rows=5000/)]);
  expect(first.stderr).toMatch(/warning: while nobody follows, the slot nightly keeps .* max_slot_wal_keep_size/);
  await session.query("UPDATE t SET v = 'by day' WHERE id < 30");
  await session.query('DELETE FROM t WHERE id = 5000');
  const second = await run('--once', '--keep-slot', 'nightly');
  expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/goes on from the slot nightly/)]);
  expect(second.stdout).toMatch(/2 commits published: 29 rows put, 1 deleted; at most .* behind/);
  expect(await compareFile()).toBe(4999);
  const third = await run('--once', '--keep-slot', 'nightly', '--json');
  expect([third.code, JSON.parse(third.stdout)]).toMatchObject([0, { status: 'ok', followed: null }]);
  expect((await run('--drop-slot', 'nightly')).stdout).toBe('the slot nightly was dropped\n');
  expect(await run('--drop-slot', 'nightly')).toMatchObject({ code: 3, stderr: expect.stringContaining('PG_NO_SLOT') });
});

test('a sync beside it is content with a file that is as young as asked, and waits for one that is not', async () => {
  const proxy = await startProxy(cluster.address);
  try {
    const followed = start(proxy.address);
    await followed.caughtUp(session);
    proxy.limit(0, 'hold');
    await session.query("UPDATE t SET v = 'held up' WHERE id < 20");
    const young = await runCli(['sync', '--max-age', '1h', '--json'], { env: env() });
    expect([young.code, JSON.parse(young.stdout)]).toMatchObject([
      0,
      {
        tables: [
          { reason: expect.stringMatching(/^followed by process \d+: all that was committed \d+ s ago is there$/) },
        ],
      },
    ]);
    const waiting = runCli(['sync', '--max-age', '0.001s', '--wait', '100', '--json'], { env: env() });
    proxy.resume();
    const fresh = await waiting;
    expect([fresh.code, JSON.parse(fresh.stdout)]).toMatchObject([
      0,
      { tables: [{ reason: expect.stringMatching(/^followed by process \d+: all that was committed is there$/) }] },
    ]);
    expect(await compareFile()).toBe(5000);
    await followed.stop();
  } finally {
    await proxy.close();
  }
});

test('sync, validate and status beside it', async () => {
  const followed = start();
  await followed.caughtUp(session);
  await session.query("UPDATE t SET v = 'beside' WHERE id < 20");
  const done = await runCli(['sync', '--json'], { env: env() });
  expect([done.code, JSON.parse(done.stdout)]).toMatchObject([
    0,
    {
      published: false,
      tables: [{ mode: 'none', reason: expect.stringContaining(`followed by process ${process.pid}`) }],
    },
  ]);
  const [row] = await read(followed.file, "SELECT count(*)::INT AS n FROM t WHERE v = 'beside'");
  expect(row).toEqual({ n: 19 });
  expect((await runCli(['sync', '--full'], { env: env() })).stderr).toContain('is followed by process');
  const once = await runCli(['follow', '--once'], { env: env() });
  expect([once.code, once.stdout]).toEqual([
    0,
    expect.stringContaining(`followed by process ${process.pid}: all that`),
  ]);
  const second = await runCli(['follow'], { env: env() });
  expect([second.code, second.stderr]).toEqual([
    4,
    expect.stringMatching(/is followed already: process \d+ .*stop that/s),
  ]);
  const validated = await runCli(['validate', '--json'], { env: env() });
  expect([validated.code, JSON.parse(validated.stdout)]).toMatchObject([0, { status: 'equal' }]);
  await until('the validation is published', async () => {
    const [stored] = await read(followed.file, 'SELECT count(*)::INT AS n FROM finance_db.validations').catch(() => []);
    return stored?.['n'] === 1;
  });
  expect(await read(followed.file, 'SELECT outcome FROM finance_db.validations')).toEqual([{ outcome: 'equal' }]);
  const status = await runCli(['status', '--json'], { env: env() });
  expect(JSON.parse(status.stdout)).toMatchObject({
    follow: {
      ...{ pid: process.pid, state: 'streaming', slot: expect.stringMatching(/^finance_db_/), tables: ['t'] },
      ...{ lag_seconds: expect.any(Number), lag_bytes: expect.any(Number) },
    },
  });
  expect((await runCli(['status'], { env: env() })).stdout).toMatch(/Follow {6}process \d+ since .*slot finance_db_/);
  await followed.compare(session);
});

/** Compares every row of the published file. @param from the table that has what it should hold */
async function compareFile(from = 't'): Promise<number> {
  const reader = await openReader(`${folder.path}/finance.duckdb`);
  try {
    return await compareTable(session, reader.connection, { schema: 'public', name: 't' }, from);
  } finally {
    reader.close();
  }
}

async function read(file: string, sql: string): Promise<Record<string, unknown>[]> {
  const reader = await openReader(file);
  try {
    return await reader.all<Record<string, unknown>>(sql);
  } finally {
    reader.close();
  }
}

/** What this process has open there, removed files included. */
function openFilesIn(place: string): string[] {
  const open = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one that listed them.
      return '';
    }
  });
  return open.filter((file) => file.startsWith(place));
}

test('a disk that is full at any step leaves the file as it was, and what was missed comes when there is space', async () => {
  const disk = mountDisk('40m');
  if (disk === null) {
    process.stderr.write('SKIPPED: a full disk needs the right to mount a small tmpfs\n');
    return;
  }
  const onDisk = (): TestFollower => {
    follower = startFollower({
      ...{ address: cluster.address, folder: disk.path, tables: 't' },
      overrides: { keepSlot: 'small' },
    });
    return follower;
  };
  const filler = `${disk.path}/filler`;
  const leave = (bytes: number): void => {
    // Filled to the last byte, then given back: what statfs says of a tmpfs is an estimate, and a follower writes beside.
    fs.rmSync(filler, { force: true });
    const file = fs.openSync(filler, 'w');
    const chunk = Buffer.alloc(64 * 1024);
    let written = 0;
    try {
      for (;;) written += fs.writeSync(file, chunk);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    } finally {
      fs.ftruncateSync(file, Math.max(0, written - bytes));
      fs.closeSync(file);
    }
  };
  const said = ({ events }: TestFollower): string =>
    events
      .flatMap((event) => (event.kind === 'warning' ? [event.text] : event.kind === 'restart' ? [event.reason] : []))
      .join(' | ');
  const whole = 'SELECT count(*)::INT AS n, count(DISTINCT v[1])::INT AS kinds FROM t';
  try {
    const first = onDisk();
    await first.caughtUp(session);
    await first.stop();
    // From the first write that fails to the last one: what the stream brings, the log of DuckDB, the checkpoint, the copy to publish.
    const full = new Set<string>();
    for (const [round, bytes] of [0, 150_000, 400_000, 700_000, 1_600_000].entries()) {
      const followed = onDisk();
      await followed.caughtUp(session);
      leave(bytes);
      const letter = String.fromCharCode(97 + round);
      await session.query(`UPDATE t SET v = repeat('${letter}', 100) || id`);
      await until('it says that the disk is full, or published', () =>
        followed.events.some(({ kind }) => kind === 'restart' || kind === 'published'),
      );
      if (/space|disk/i.test(said(followed))) full.add(letter);
      // A copy of the file is of before or of after, never between.
      fs.copyFileSync(followed.file, `${folder.path}/copy.duckdb`);
      expect(await read(`${folder.path}/copy.duckdb`, whole)).toEqual([{ n: 5000, kinds: 1 }]);
      fs.rmSync(filler);
      expect(await followed.compare(session)).toBe(5000);
      await followed.stop();
    }
    expect(full.size).toBeGreaterThan(2);
    // There is none for the beginning: that is an error, and the file stays.
    leave(0);
    await session.query("UPDATE t SET v = 'z' || id");
    const late = onDisk();
    expect(await late.ended).toMatchObject({ code: 'DISK_FULL' });
    follower = undefined;
    expect(await read(late.file, whole)).toEqual([{ n: 5000, kinds: 1 }]);
    fs.rmSync(filler);
    const again = onDisk();
    expect(await again.compare(session)).toBe(5000);
    await again.stop();
    // A file that was removed and is still open would hold its space.
    expect(openFilesIn(disk.path)).toEqual([]);
  } finally {
    await follower?.stop();
    follower = undefined;
    await dropRecordedSlot(
      configOf({ address: cluster.address, folder: disk.path, tables: 't' }),
      'small',
      new Date(),
      new AbortController().signal,
    );
    disk.remove();
  }
}, 180_000);

test.each([false, true])(
  'killed at any moment, it leaves a whole file to go on from; with a kept slot: %s',
  async (keepSlot) => {
    await session.query('DROP PUBLICATION finance_db; DROP TABLE t');
    const options = { address: cluster.address, folder: folder.path, kills: 2, seed: 5, rows: 3000, keepSlot };
    expect(await killFollowers(options)).toMatchObject({ kills: 2 });
    expect(fs.readdirSync(folder.path).filter((name) => !name.startsWith('finance.duckdb.lock.'))).toEqual(
      expect.arrayContaining(['finance.duckdb']),
    );
    const config = configOf({ address: cluster.address, folder: folder.path, tables: 't' });
    for (const { name } of readSlots(config.duckdbPath)) {
      // The server needs a moment to see that its client has gone.
      for (let turn = 0; turn < 400 && readSlots(config.duckdbPath).length > 0; turn++) {
        await dropRecordedSlot(config, name, new Date(), new AbortController().signal).catch(() => delay(25));
      }
    }
    expect(readSlots(config.duckdbPath)).toEqual([]);
  },
  180_000,
);

test('stopped for a while, as by a laptop that sleeps, it goes on', async () => {
  await session.query("ALTER SYSTEM SET wal_sender_timeout = '1s'");
  await session.query('SELECT pg_reload_conf()');
  const { child, ended } = startTool(['follow', '--write-budget', '0'], env());
  try {
    const senders = "SELECT 1 FROM pg_stat_replication WHERE application_name = 'finance-db' AND state = 'streaming'";
    await until('it follows', async () => {
      const status = await runCli(['status', '--json'], { env: env() });
      return /"state": ?"streaming"/.test(status.stdout) && (await session.query(senders)).length > 0;
    });
    child.kill('SIGSTOP');
    await session.query("UPDATE t SET v = 'asleep' WHERE id < 30; DELETE FROM t WHERE id = 77");
    await until('the server gives it up', async () => (await session.query(senders)).length === 0);
    child.kill('SIGCONT');
    const beside = await runCli(['sync', '--json'], { env: env() });
    expect(JSON.parse(beside.stdout)).toMatchObject({ tables: [{ reason: expect.stringContaining('followed by') }] });
    expect(await compareFile()).toBe(4999);
  } finally {
    child.kill('SIGTERM');
    const { code } = await ended;
    await session.query('ALTER SYSTEM RESET wal_sender_timeout');
    await session.query('SELECT pg_reload_conf()');
    expect(code).toBe(143);
  }
  await sync(syncRequest(configOf({ address: cluster.address, folder: folder.path, tables: 't' })));
});
