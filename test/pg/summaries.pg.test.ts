import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sync } from '../../src/app/sync/sync.ts';
import type { TableResult } from '../../src/app/sync/syncRequest.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import type { PlacesLimits } from '../../src/model/partLook.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { rowsInRanges } from '../../src/postgres/blockRanges.ts';
import { connect } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Cluster, makeCluster } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeStandby, untilReplayed } from '../support/followServer.ts';
import { comparePlaces, logRequest, logStress } from '../support/logStress.ts';
import { summarizingPrograms } from '../support/testPrograms.ts';
import { until } from '../support/until.ts';

const programs = summarizingPrograms();
const withSummaries = programs === null ? describe.skip : describe;

let cluster: Cluster;
let folder: ReturnType<typeof temporaryFolder>;

/** Each statement by itself: a checkpoint within a transaction would come before its end. */
async function ask(sql: string): Promise<void> {
  const session = await connect(cluster.address, { retryMs: 2000 });
  for (const statement of sql.split(/;\s/)) await session.query(statement);
  await session.close();
}

/** Until it holds for sessions that begin, and the process that summarizes is there or gone. */
async function summarize(setting: 'on' | 'off'): Promise<void> {
  await ask(`ALTER SYSTEM SET summarize_wal = ${setting}; SELECT pg_reload_conf()`);
  await until(`summarize_wal is ${setting}`, async () => {
    const session = await connect(cluster.address, { retryMs: 2000 });
    const [row] = await session.query<{ setting: string; summarizers: string }>(
      "SELECT current_setting('summarize_wal') AS setting, count(*)::text AS summarizers FROM pg_stat_activity WHERE backend_type = 'walsummarizer'",
    );
    await session.close();
    return row?.setting === setting && row.summarizers === (setting === 'on' ? '1' : '0');
  });
}

interface Scanned {
  readonly table: string;
  readonly mode: string;
  readonly reason: string;
  readonly upserted: number;
  readonly deleted: number;
  readonly scan: { readonly parts: number; readonly read: number; readonly why: string } | null;
}

/** Syncs as a role that may SELECT and nothing else, unless told otherwise, and compares with PostgreSQL. */
async function syncEqual(
  flags: readonly string[] = [],
  user = 'reader',
): Promise<{ tables: Scanned[]; published: boolean }> {
  const env = {
    DATABASE_URL: urlOf({ ...cluster.address, user }),
    FINANCE_DB_HOME: folder.path,
    FINANCE_DB_TABLES: 'flat,months',
  };
  const result = await runCli(['sync', '--json', ...flags], { env });
  expect([result.code, result.stderr]).toEqual([0, '']);
  const session = await connect(cluster.address, { retryMs: 2000 });
  const reader = await openReader(`${folder.path}/finance.duckdb`);
  try {
    for (const table of parseTableList('flat,months')) await compareTable(session, reader.connection, table);
  } finally {
    reader.close();
    await session.close();
  }
  return JSON.parse(result.stdout) as { tables: Scanned[]; published: boolean };
}

withSummaries('a server that summarizes its log', () => {
  beforeAll(async () => {
    cluster = await makeCluster({ summarize_wal: 'on' }, undefined, programs);
    await ask(`CREATE ROLE reader LOGIN; CREATE TABLE elsewhere (id int);
      CREATE TABLE flat (id int PRIMARY KEY, v text); INSERT INTO flat SELECT i, 'f' || i FROM generate_series(1, 500) i;
      CREATE TABLE months (id text NOT NULL, at timestamp NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM (MINVALUE) TO ('2024-02-01');
      CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
      CREATE TABLE months_3 PARTITION OF months FOR VALUES FROM ('2024-03-01') TO (MAXVALUE);
      INSERT INTO months SELECT 'k' || i, '2024-01-01'::timestamp + i * interval '3 hours', 'm' || i FROM generate_series(1, 1000) i;
      GRANT SELECT ON flat, months TO reader`);
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    // What reads rows first marks them as committed, and with checksums that is logged: as good as a change.
    await ask('VACUUM; CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [
        { mode: 'full', scan: null },
        { mode: 'full', scan: null },
      ],
    });
  });
  afterEach(() => folder.remove());
  afterAll(() => cluster.remove());

  test('a transaction elsewhere: nothing is read and nothing written, once a checkpoint has come', async () => {
    await ask('INSERT INTO elsewhere VALUES (1)');
    const why = expect.stringContaining('no checkpoint');
    expect(await syncEqual()).toMatchObject({
      published: true,
      tables: [{ scan: { read: 1, why } }, { scan: { read: 3, why } }],
    });
    await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    const reason = expect.stringContaining('no summary');
    expect(await syncEqual()).toMatchObject({
      published: false,
      tables: [
        { mode: 'none', reason },
        { mode: 'none', reason },
      ],
    });
    // And once more from the same place.
    await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    expect(await syncEqual()).toMatchObject({ published: false });
  });

  test('only leaves that changed are read, for deletes and moves too, and a rewrite is read', async () => {
    await ask(
      "UPDATE months SET v = 'new' WHERE id = 'k999'; DELETE FROM months WHERE id IN ('k998', 'k997'); CHECKPOINT",
    );
    expect(await syncEqual()).toMatchObject({
      tables: [
        { scan: { parts: 1, read: 0 }, upserted: 0, deleted: 0 },
        { scan: { parts: 3, read: 1 }, upserted: 1, deleted: 2 },
      ],
    });
    await ask(
      "UPDATE months SET at = '2024-02-02' WHERE id = 'k996'; DELETE FROM months WHERE id = 'k300'; CHECKPOINT",
    );
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 0 } }, { scan: { read: 2 }, upserted: 1, deleted: 2 }],
    });
    await ask('VACUUM FULL months_1; CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 0 } }, { mode: 'incremental', upserted: 0, deleted: 0 }],
    });
  });

  test('what was written before a sync and committed after it is found', async () => {
    const open = await connect(cluster.address, { retryMs: 2000 });
    await open.query(
      "BEGIN; UPDATE months SET v = 'late' WHERE id = 'k1'; SAVEPOINT s; DELETE FROM flat WHERE id = 7; RELEASE s",
    );
    await ask("UPDATE months SET v = 'x' WHERE id = 'k2'; CHECKPOINT");
    await syncEqual();
    await ask('CHECKPOINT; INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    await syncEqual();
    await open.query('COMMIT');
    await open.close();
    await ask('CHECKPOINT');
    expect(await syncEqual()).toMatchObject({ tables: [{ scan: { read: 1 }, deleted: 1 }, { scan: { read: 1 } }] });
  });

  test('a checkpoint is asked for where that is allowed', async () => {
    await ask("UPDATE flat SET v = 'asked' WHERE id = 3");
    expect(await syncEqual(['--checkpoint'], 'tester')).toMatchObject({
      tables: [{ scan: { read: 1 } }, { scan: { read: 0 } }],
    });
    await ask("UPDATE flat SET v = 'refused' WHERE id = 3");
    expect(await syncEqual(['--checkpoint'])).toMatchObject({
      tables: [{ scan: { read: 1 } }, { scan: { read: 3, why: expect.stringContaining('permission denied') } }],
    });
  });

  test('one that comes is waited for', async () => {
    await ask("UPDATE flat SET v = 'waited' WHERE id = 4");
    const [done] = await Promise.all([
      syncEqual(['--await-checkpoint', '30']),
      new Promise((resolve) => setTimeout(resolve, 1500)).then(() => ask('CHECKPOINT')),
    ]);
    expect(done).toMatchObject({ tables: [{ scan: { read: 1 } }, { scan: { read: 0 } }] });
  });

  test('summaries that are missing, or switched off: everything is read', async () => {
    await ask("UPDATE flat SET v = 'gap' WHERE id = 5");
    await summarize('off');
    await ask('CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 1, why: 'summarize_wal is off' } }, { scan: { read: 3 } }],
    });
    const env = {
      ...{ DATABASE_URL: urlOf({ ...cluster.address, user: 'reader' }), FINANCE_DB_HOME: folder.path },
      ...{ FINANCE_DB_TABLES: 'flat,months', COLUMNS: '2000' },
    };
    const { stdout: status } = await runCli(['status'], { env });
    expect(status).toMatch(
      /Log +not summarized.* kB in 4 parts; the last sync found 1 changed row, in at most 16.4 kB of them; .*ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf\(\);/,
    );
    await summarize('on');
    expect((await runCli(['status'], { env })).stdout).not.toMatch(/summarize/);
    await ask("UPDATE flat SET v = 'on' WHERE id = 5; CHECKPOINT");
    await syncEqual();
  });

  describe('of a table of which the file keeps where its rows lie', () => {
    const look = async (checkpoint = true, names = 'wide,leaves'): Promise<TableResult> => {
      const request = logRequest(folder.path, { ...cluster.address, user: 'reader' }, 'rows.duckdb', names);
      const { tables } = await sync({ ...request, checkpoint, places: { from: 1 } });
      const session = await connect(cluster.address, { retryMs: 2000 });
      const reader = await openReader(`${folder.path}/rows.duckdb`);
      try {
        for (const table of parseTableList(names)) await compareTable(session, reader.connection, table);
        await comparePlaces(session, reader, parseTableList(names));
      } finally {
        reader.close();
        await session.close();
      }
      const [wide] = tables;
      if (wide === undefined) throw new Error('nothing was synced');
      return wide;
    };
    const first = async (): Promise<void> => {
      await ask(`DROP TABLE IF EXISTS wide; DROP TABLE IF EXISTS leaves;
        CREATE TABLE wide (id int PRIMARY KEY, v text) WITH (fillfactor = 10, autovacuum_enabled = off);
        INSERT INTO wide SELECT i, 'w' || i FROM generate_series(1, 3000) i;
        CREATE TABLE leaves (id int NOT NULL, kind text NOT NULL, v text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
        CREATE TABLE leaves_a PARTITION OF leaves FOR VALUES IN ('a') WITH (fillfactor = 10, autovacuum_enabled = off);
        CREATE TABLE leaves_b PARTITION OF leaves FOR VALUES IN ('b') WITH (fillfactor = 10, autovacuum_enabled = off);
        INSERT INTO leaves SELECT i, chr(97 + i % 2), 'l' || i FROM generate_series(1, 3000) i;
        GRANT SELECT ON wide, leaves TO reader; VACUUM wide; VACUUM leaves; CHECKPOINT`);
      expect(await look(false)).toMatchObject({ mode: 'full' });
      // A full load notes nothing; a part that changed is read as a whole, and noted by that.
      await ask("UPDATE wide SET v = 'u' WHERE id = 1; UPDATE leaves SET v = 'u' WHERE id IN (1, 2); CHECKPOINT");
      const { scan } = await look(false);
      expect(scan?.blocks.read).toBe(scan?.blocks.all);
      // What that has marked as committed lies behind the checkpoint that this one begins at.
      await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
      await look(false);
    };
    const withFile = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
      const instance = await DuckDBInstance.create(`${folder.path}/rows.duckdb`);
      const connection = await instance.connect();
      try {
        return await work(connection);
      } finally {
        connection.closeSync();
        instance.closeSync();
      }
    };
    const few = { all: expect.any(Number), read: expect.any(Number) };

    test('a range of blocks is read without the others, through a table as well as from a leaf', async () => {
      await first();
      const session = await connect(cluster.address, { retryMs: 2000 });
      const through =
        "(SELECT tableoid, xmin, ctid, * FROM leaves WHERE tableoid = 'leaves_a'::regclass AND kind = 'a') AS rows";
      for (const from of ['wide', through]) {
        const sql = rowsInRanges(
          { from },
          [
            { from: 3, to: 5 },
            { from: 20, to: null },
          ],
          'id, ctid',
          'age(xmin) >= 0',
        );
        const plan = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`);
        expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Tid Range Scan/);
        expect(plan.map((line) => line['QUERY PLAN']).join('\n')).not.toMatch(/Seq Scan/);
      }
      await session.close();
    });

    test('only changed blocks are read, and what was deleted, moved or cut off is found', async () => {
      await first();
      const blocksOf = ({ scan }: TableResult): number => scan?.blocks.read ?? -1;
      await ask("UPDATE wide SET v = 'new' WHERE id = 1500; DELETE FROM wide WHERE id IN (1501, 2999); CHECKPOINT");
      await ask("UPDATE leaves SET kind = 'b' WHERE id = 200; DELETE FROM leaves WHERE id = 7; CHECKPOINT");
      const changed = await look(false);
      expect(changed).toMatchObject({ mode: 'incremental', upserted: 1n, deleted: 2n, scan: { read: 1, blocks: few } });
      expect(blocksOf(changed)).toBeLessThan(10);
      // A key that is another one now, in the block of before.
      await ask('UPDATE wide SET id = 9999 WHERE id = 40; CHECKPOINT');
      expect(await look(false)).toMatchObject({ upserted: 1n, deleted: 1n });
      // The end of the file is cut off, and comes again with other rows.
      await ask('DELETE FROM wide WHERE id BETWEEN 2500 AND 3000; VACUUM wide; CHECKPOINT');
      const cut = await look(false);
      expect(cut).toMatchObject({ mode: 'incremental', upserted: 0n, deleted: 500n });
      expect(blocksOf(cut)).toBeLessThan(40);
      await ask("INSERT INTO wide SELECT i, 'again' FROM generate_series(4000, 4600) i; CHECKPOINT");
      expect(await look(false)).toMatchObject({ mode: 'incremental', upserted: 601n, deleted: 0n });
    });

    test('hints that lead nowhere cost more, and no row', async () => {
      await first();
      const placed = await withFile(async (connection) => {
        const found = await connection.runAndReadAll(
          "SELECT d.table_name FROM duckdb_tables() AS d JOIN finance_db.sync_state AS s ON d.table_name = 'placed_' || s.table_oid WHERE s.table_name = 'wide'",
        );
        return String(found.getRowsJson()[0]?.[0]);
      });
      for (const row of ['0', '17', '4294967295', `"row" + 5`]) {
        await ask(`UPDATE wide SET v = 'hint' || v WHERE id IN (70, 71, 72);
          DELETE FROM wide WHERE id IN (SELECT id FROM wide WHERE id > 100 ORDER BY id LIMIT 2);
          INSERT INTO wide SELECT max(id) + 1, 'new' FROM wide; CHECKPOINT`);
        await withFile((connection) => connection.run(`UPDATE finance_db.${placed} SET "row" = ${row}`));
        expect(await look(false)).toMatchObject({ mode: 'incremental', upserted: 4n, deleted: 2n });
      }
    });

    test('where most blocks change each time it is scanned, and places are learned again when that is over', async () => {
      await first();
      const scans = 'so many changed blocks that a scan costs less';
      for (const [turn, value] of ['a', 'b'].entries()) {
        await ask(`UPDATE wide SET v = '${value}' WHERE id > 600; DELETE FROM wide WHERE id = ${turn + 1}; CHECKPOINT`);
        expect(await look(false)).toMatchObject({
          ...{ mode: 'incremental', upserted: 2400n, deleted: 1n },
          scan: { read: 1, why: expect.stringContaining(scans) },
        });
      }
      // What did not change since the last sync is not scanned, whatever changed since places were noted.
      await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
      await look(false);
      await ask("UPDATE wide SET v = 'c' WHERE id = 700; DELETE FROM wide WHERE id = 701; CHECKPOINT");
      const learned = await look(false);
      expect(learned).toMatchObject({ upserted: 1n, deleted: 1n });
      expect(learned.scan?.blocks.read).toBe(learned.scan?.blocks.all);
      await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
      await look(false);
      await ask("UPDATE wide SET v = 'd' WHERE id = 702; DELETE FROM wide WHERE id = 703; CHECKPOINT");
      const again = await look(false);
      expect(again).toMatchObject({ upserted: 1n, deleted: 1n });
      expect(again.scan?.blocks.read).toBeLessThan(20);
    });

    test('where one part is learned, what is gone from others is found by their places, and none of their keys is fetched', async () => {
      await ask(`DROP TABLE IF EXISTS wide; DROP TABLE IF EXISTS leaves; CREATE TABLE wide (id int PRIMARY KEY);
        CREATE TABLE leaves (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
        CREATE TABLE leaves_a PARTITION OF leaves FOR VALUES FROM (1) TO (5000) WITH (fillfactor = 10, autovacuum_enabled = off);
        CREATE TABLE leaves_b PARTITION OF leaves FOR VALUES FROM (5000) TO (9000) WITH (fillfactor = 10, autovacuum_enabled = off);
        INSERT INTO leaves SELECT i, 'l' || i FROM generate_series(1, 7999) i;
        GRANT SELECT ON wide, leaves TO reader; VACUUM leaves; CHECKPOINT`);
      await look(false);
      for (const id of [1, 2]) {
        await ask(`UPDATE leaves SET v = 'v' WHERE id = ${id}; CHECKPOINT`);
        await look(false);
      }
      await ask(`UPDATE leaves SET v = 'w' WHERE id = 6000; DELETE FROM leaves WHERE id IN (20, 40, 7000);
        UPDATE leaves SET v = 'w' WHERE id = 44; CHECKPOINT`);
      const read = async (): Promise<number> => {
        const session = await connect(cluster.address, { retryMs: 2000 });
        const [row] = await session.query<{ read: string }>(
          "SELECT (heap_blks_read + heap_blks_hit)::text AS read FROM pg_statio_user_tables WHERE relname = 'leaves_a'",
        );
        await session.close();
        return Number(row?.read);
      };
      const request = logRequest(folder.path, { ...cluster.address, user: 'reader' }, 'rows.duckdb', 'wide,leaves');
      const before = await read();
      const { tables } = await sync({ ...request, places: { from: 1 } });
      expect(tables[1]).toMatchObject({ upserted: 2n, deleted: 3n, scan: { read: 2 } });
      // What a session has read is told when it ends.
      await until('its reads are told', async () => (await read()) > before);
      expect((await read()) - before).toBeLessThan(100);
      await look(false);
    });

    test('it is not learned of more than one sync can, and where memory does not suffice all is read', async () => {
      await ask(`DROP TABLE IF EXISTS wide; DROP TABLE IF EXISTS leaves; CREATE TABLE leaves (id int PRIMARY KEY);
        CREATE TABLE wide (id int PRIMARY KEY, v text); INSERT INTO wide SELECT i, 'w' || i FROM generate_series(1, 200000) i;
        GRANT SELECT ON wide, leaves TO reader; VACUUM wide; CHECKPOINT`);
      const request = logRequest(folder.path, { ...cluster.address, user: 'reader' }, 'rows.duckdb', 'wide,leaves');
      const change = async (places: PlacesLimits, memory?: string): Promise<[string | undefined, string]> => {
        await ask(
          "UPDATE wide SET v = 'u' || v WHERE id < 3; DELETE FROM wide WHERE id = (SELECT max(id) FROM wide); CHECKPOINT",
        );
        const config = memory === undefined ? request.config : { ...request.config, memory };
        const { tables, warnings } = await sync({ ...request, config, places: { from: 1, ...places } });
        const [wide] = tables.filter(({ table }) => table === 'wide');
        expect(wide).toMatchObject({ mode: 'incremental', upserted: 2n, deleted: 1n });
        return [wide?.scan?.why, warnings.join()];
      };
      await sync(request);
      expect(await change({ upTo: 100 })).toEqual([expect.stringContaining('so large parts'), expect.anything()]);
      expect(await change({}, '18MB')).toEqual([expect.anything(), expect.stringContaining('had too little memory')]);
      const learns = [expect.stringContaining('from the next sync on'), expect.not.stringContaining('too little')];
      expect(await change({ rows: 50_000n })).toEqual(learns);
      await look(false);
    });

    test('keys that hold what stands between keys, or are long, are told of one by one', async () => {
      await ask(`DROP TABLE IF EXISTS wide; DROP TABLE IF EXISTS leaves; CREATE TABLE leaves (id int PRIMARY KEY);
        CREATE TABLE wide (id int, at timestamptz, name text, v text, PRIMARY KEY (id, at, name)) WITH (fillfactor = 10, autovacuum_enabled = off);
        INSERT INTO wide SELECT i, CASE WHEN i % 9 > 0 THEN '2024-01-01Z'::timestamptz + i * interval '1 hour 1 microsecond' ELSE '0044-03-15 00:00Z BC' END,
          CASE i % 7 WHEN 0 THEN '' WHEN 1 THEN E'a\\\\b\tc\nd' ELSE 'n' || i END, 'w' FROM generate_series(1, 3000) i;
        GRANT SELECT ON wide, leaves TO reader; VACUUM wide; CHECKPOINT`);
      expect(await look(false)).toMatchObject({ mode: 'full' });
      const change = async (id: number): Promise<TableResult> => {
        await ask(
          `UPDATE wide SET v = 'new' WHERE id BETWEEN ${id} AND ${id + 9}; DELETE FROM wide WHERE id = ${id}; CHECKPOINT`,
        );
        return look(false);
      };
      expect(await change(11)).toMatchObject({ mode: 'incremental', upserted: 9n, deleted: 1n });
      expect(await change(50)).toMatchObject({ mode: 'incremental', upserted: 9n, deleted: 1n });
      await ask(
        "INSERT INTO wide VALUES (4000, '2025-01-01', E'two\\036keys', 'x'), (4001, '2025-01-01', repeat('long', 400), 'x'); CHECKPOINT",
      );
      expect(await look(false)).toMatchObject({ mode: 'incremental', upserted: 2n, deleted: 0n });
      expect(await change(4000)).toMatchObject({ mode: 'incremental', upserted: 1n, deleted: 1n });
      await ask("INSERT INTO wide VALUES (5000, 'infinity', 'late', 'x'); CHECKPOINT");
      expect(await look(false)).toMatchObject({ mode: 'incremental', upserted: 1n, deleted: 0n });
      expect(await change(4995)).toMatchObject({ mode: 'incremental', upserted: 1n, deleted: 0n });
    });

    test('after a sync without the log it is as of before, and still of use; a rewritten file is read once', async () => {
      await first();
      await ask("INSERT INTO wide VALUES (5000, 'x'), (5001, 'y'); DELETE FROM wide WHERE id IN (10, 20)");
      expect(await look(false)).toMatchObject({
        upserted: 2n,
        deleted: 2n,
        scan: { why: expect.stringContaining('no checkpoint') },
      });
      await ask("DELETE FROM wide WHERE id IN (5001, 30); UPDATE wide SET v = 'z' WHERE id = 31; CHECKPOINT");
      const later = await look(false);
      expect(later).toMatchObject({ mode: 'incremental', upserted: 1n, deleted: 2n });
      expect(later.scan?.blocks.read).toBeLessThan(30);
      await ask('VACUUM FULL wide; DELETE FROM wide WHERE id = 32; CHECKPOINT');
      const whole = await look(false);
      expect(whole).toMatchObject({ mode: 'incremental', upserted: 0n, deleted: 1n });
      expect(whole.scan?.blocks.read).toBe(whole.scan?.blocks.all);
      // As before: what that has marked as committed, where the server writes such marks to its log. Else it has nothing to learn from.
      await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
      await look(false);
      await ask('DELETE FROM wide WHERE id = 34; CHECKPOINT');
      await look(false);
      await ask("DELETE FROM wide WHERE id = 33; INSERT INTO leaves VALUES (4000, 'a', 'late'); CHECKPOINT");
      const again = await look(false);
      expect(again).toMatchObject({ upserted: 0n, deleted: 1n });
      expect(again.scan?.blocks.read).toBeLessThan(whole.scan?.blocks.all ?? 0);
    });

    test('what is known of a leaf that was away meanwhile, and of a table by another name, stands in for nothing', async () => {
      await first();
      const oneByOne = expect.stringContaining('cannot be read one by one');
      await ask('UPDATE leaves SET v = NULL WHERE id = 5; CHECKPOINT');
      expect(await look(false, 'leaves')).toMatchObject({ scan: { parts: 1, read: 1, why: oneByOne } });
      await ask('GRANT SELECT ON leaves_a, leaves_b TO reader; CHECKPOINT');
      await look(false, 'leaves');
      await ask(`UPDATE leaves SET v = 'u' WHERE id IN (1, 2); CREATE TABLE leaves_c PARTITION OF leaves FOR VALUES IN ('c');
        INSERT INTO leaves SELECT i, 'c', 'few' FROM generate_series(1, 20) i; GRANT SELECT ON leaves_c TO reader; VACUUM leaves; CHECKPOINT`);
      expect(await look(false, 'leaves')).toMatchObject({ upserted: 22n, scan: { parts: 3, read: 3 } });
      await ask('ALTER TABLE leaves DETACH PARTITION leaves_c; CHECKPOINT');
      expect(await look(false, 'leaves')).toMatchObject({
        ...{ deleted: 20n, scan: { why: expect.stringContaining('partitions were detached') } },
      });
      // As many rows come as go, so that the number of all tells nothing.
      await ask(`ALTER TABLE leaves ATTACH PARTITION leaves_c FOR VALUES IN ('c');
        DELETE FROM leaves WHERE id BETWEEN 1001 AND 1020; CHECKPOINT`);
      expect(await look(false, 'leaves')).toMatchObject({ mode: 'incremental', upserted: 20n, deleted: 20n });
      await ask("ALTER TABLE wide RENAME TO broad; UPDATE broad SET v = 'x' WHERE id = 1500; CHECKPOINT");
      expect(await look(false, 'broad')).toMatchObject({ mode: 'full' });
      await ask("UPDATE broad SET v = 'y' WHERE id = 1600; CHECKPOINT");
      expect(await look(false, 'broad')).toMatchObject({ mode: 'incremental', upserted: 1n });
      // The places are younger now than the rows of the first name.
      await ask('ALTER TABLE broad RENAME TO wide; DELETE FROM wide WHERE id = 1700; CHECKPOINT');
      expect(await look(false, 'wide')).toMatchObject({ mode: 'incremental', upserted: 2n, deleted: 1n });
    });
  });

  test('a standby summarizes the log that it replays: what its primary changed is found by that', async () => {
    const standby = await makeStandby(cluster, {
      ...{ summarize_wal: 'on', max_connections: '100', max_wal_senders: '10' },
    });
    const primary = cluster;
    const replayed = (): Promise<void> => untilReplayed(primary, standby);
    try {
      await ask("UPDATE months SET v = 'before' WHERE id = 'k999'; CHECKPOINT");
      await replayed();
      cluster = standby;
      await syncEqual(['--checkpoint'], 'tester');
      cluster = primary;
      await ask("UPDATE months SET v = 'there' WHERE id = 'k999'; DELETE FROM months WHERE id = 'k990'; CHECKPOINT");
      await replayed();
      cluster = standby;
      expect(await syncEqual(['--checkpoint'], 'tester')).toMatchObject({
        tables: [
          { scan: { parts: 1, read: 0 } },
          { mode: 'incremental', scan: { parts: 3, read: 1 }, upserted: 1, deleted: 1 },
        ],
      });
      // What its primary has not ended with a checkpoint yet is in no summary: everything is read.
      cluster = primary;
      await ask("UPDATE flat SET v = 'no checkpoint' WHERE id = 9");
      await replayed();
      cluster = standby;
      expect(await syncEqual()).toMatchObject({ tables: [{ upserted: 1, scan: { read: 1 } }, { scan: { read: 3 } }] });
      const result = await logStress({
        cluster: primary,
        standby,
        folder: folder.path,
        seed: 2,
        rounds: 4,
        crashEvery: 3,
      });
      expect(result.byLog).toBeGreaterThan(0);
    } finally {
      cluster = primary;
      standby.remove();
    }
  });

  test('random writers, prepared transactions, moves, rewrites and a crash: both sides are equal after each sync', async () => {
    const result = await logStress({ cluster, folder: folder.path, seed: 3, rounds: 12, crashEvery: 6 });
    expect(result.byLog).toBeGreaterThan(2);
    expect(result.unread).toBeGreaterThan(4);
    expect(result.placesCompared).toBeGreaterThan(100);
    expect(result.monthsVouched).toBeGreaterThan(20);
  });
});
