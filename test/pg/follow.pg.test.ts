import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { PgSession } from '../../src/postgres/session.ts';
import { connect } from '../../src/postgres/session.ts';
import type { Cluster } from '../support/cluster.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type FollowerOptions, startFollower, type TestFollower } from '../support/follower.ts';
import { makeFollowCluster } from '../support/followServer.ts';

let cluster: Cluster;
let database: TestDatabase;
let session: PgSession;
let folder: ReturnType<typeof temporaryFolder>;
let follower: TestFollower | undefined;

beforeAll(async () => {
  cluster = await makeFollowCluster();
});
afterAll(() => cluster?.remove());

beforeEach(async () => {
  database = await createTestDatabase(cluster.address);
  session = await connect(database.address, { retryMs: 2000 });
  folder = temporaryFolder();
});
afterEach(async () => {
  await follower?.stop().finally(() => {
    follower = undefined;
  });
  await session.close();
  await database.drop();
  folder.remove();
});

function start(tables: string, options: Partial<FollowerOptions> = {}): TestFollower {
  follower = startFollower({ address: database.address, folder: folder.path, tables, ...options });
  return follower;
}

test('inserts, updates, deletes, changed keys and emptied tables arrive as they are', async () => {
  await session.query(`
    CREATE TABLE t (id int PRIMARY KEY, v text, amount numeric(15,2));
    INSERT INTO t SELECT i, 'v' || i, i / 7.0 FROM generate_series(1, 1000) i;
    CREATE PUBLICATION finance_db FOR TABLE t`);
  const followed = start('t');
  expect(await followed.compare(session)).toBe(1000);
  await session.query("INSERT INTO t VALUES (2000, E'a\\tb\\n\\\\', 1.50), (2001, NULL, NULL)");
  await session.query('UPDATE t SET v = v || id WHERE id < 50; DELETE FROM t WHERE id BETWEEN 40 AND 60');
  await session.query('UPDATE t SET id = id + 5000 WHERE id % 100 = 3');
  expect(await followed.compare(session)).toBe(981);
  await session.query('BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, $$x$$, 2); COMMIT');
  expect(await followed.compare(session)).toBe(1);
  expect(followed.events.some(({ kind }) => kind === 'published')).toBe(true);
});
