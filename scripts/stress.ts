// npm run stress -- --seed 7 --seconds 600 --sessions 4 --rows 30000
// Random writers beside repeated syncs on a server of their own; compares both sides row by row in each snapshot.
// npm run stress -- --follow …: beside a follower, which is stopped and whose connections are cut now and then;
// with --kills 200 (after npm run build) followers are killed at random moments instead; with --keep-slot they go on from a slot;
// with --huge one transaction of five million rows (or --rows) passes through a follower, whose memory is measured.
// npm run stress -- --lake --kills 200 --rows 20000 (after npm run build): publications of the lake are killed at random moments, two at once
// npm run stress -- --summaries --seed 7 --rounds 5000 --crash-every 100 [--standby]
// Syncs that go by the summaries of the write-ahead log (PostgreSQL 17 and later), between random changes and crashes of the server;
// with --standby they read one that follows it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useEmbeddedServer } from '../src/postgres/embedded/server.ts';
import { connect } from '../src/postgres/session.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { urlOf } from '../test/support/database.ts';
import { putHugeTransaction } from '../test/support/followHuge.ts';
import { killFollowers } from '../test/support/followKills.ts';
import { makeFollowCluster, makeStandby } from '../test/support/followServer.ts';
import { followStress } from '../test/support/followStress.ts';
import { killLakes } from '../test/support/lakeKills.ts';
import { logStress } from '../test/support/logStress.ts';
import { stress } from '../test/support/stress.ts';
import { summarizingPrograms } from '../test/support/testPrograms.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '60' },
    sessions: { type: 'string', default: '4' },
    rows: { type: 'string' },
    summaries: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '1000' },
    'crash-every': { type: 'string', default: '50' },
    standby: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    follow: { type: 'boolean', default: false },
    kills: { type: 'string' },
    lake: { type: 'boolean', default: false },
    huge: { type: 'boolean', default: false },
    'keep-slot': { type: 'boolean', default: false },
  },
});

const rows = Number(values.rows ?? (values.huge ? 5_000_000 : 5000));

if (values.follow) await stressFollow();
else if (values.lake) await stressLake();
else if (values.summaries) await stressSummaries();
else await stressSync();

async function stressSync(): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-stress-'));
  fs.chmodSync(home, 0o755);
  const server = await useEmbeddedServer(path.join(home, 'postgres'), new Date());
  try {
    const folder = path.join(home, 'duckdb');
    fs.mkdirSync(folder);
    const result = await stress({
      address: { ...server.address, sslmode: 'disable', sslrootcert: undefined },
      folder,
      seed: Number(values.seed),
      seconds: Number(values.seconds),
      sessions: Number(values.sessions),
      rows,
      log: values.verbose ? (line) => console.log(line) : () => undefined,
    });
    console.log(
      `seed ${values.seed}: ${result.syncs} syncs (tables: ${JSON.stringify(result.modes)}, ${result.byBlocks} by their changed blocks) beside ${result.transactions} transactions of ${values.sessions} sessions; ${result.upserted} rows upserted, ${result.deleted} deleted; ${result.rowsCompared} rows compared, all equal`,
    );
  } finally {
    await server.release();
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function stressLake(): Promise<void> {
  const cluster = await makeCluster({});
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-stress-'));
  const session = await connect(cluster.address, { retryMs: 2000 });
  try {
    const result = await killLakes({
      ...{ session, url: urlOf(cluster.address), folder, seed: Number(values.seed), rows },
      ...{ kills: Number(values.kills ?? '50'), byTime: 0.5 },
      log: values.verbose ? (line) => console.log(line) : () => undefined,
    });
    console.log(
      `seed ${values.seed}: ${result.killed} kills (${result.afterCommit} after the commit, ${result.leftBehind} left files for the next run); ${result.pairs} pairs of writers, of which ${result.conflicts} met; every lake whole, every next run equal, nothing left over`,
    );
  } finally {
    await session.close();
    cluster.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function stressFollow(): Promise<void> {
  const cluster = await makeFollowCluster();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-stress-'));
  try {
    if (values.huge) {
      const huge = await putHugeTransaction({ address: cluster.address, folder: home, rows });
      const megabytes = (bytes: number | null): string => `${Math.round((bytes ?? 0) / 1e6)} MB`;
      console.log(
        `one transaction of ${rows} rows inserted, a third updated, a tenth deleted: published ${huge.seconds.toFixed(1)} s after its commit; memory ${megabytes(huge.beforeBytes)} before, ${megabytes(huge.grownBytes)} more at most; ${huge.rowsCompared} rows compared, all equal`,
      );
      return;
    }
    if (values.kills !== undefined) {
      const killed = await killFollowers({
        address: cluster.address,
        folder: home,
        kills: Number(values.kills),
        keepSlot: values['keep-slot'],
        seed: Number(values.seed),
        rows,
        log: values.verbose ? (line) => console.log(line) : () => undefined,
      });
      console.log(
        `seed ${values.seed}: ${killed.kills} kills, ${killed.streaming} of followers that had published changes; every file whole, every scan after it equal; ${killed.resumed} went on from a kept slot without one; ${killed.rowsCompared} rows compared`,
      );
      return;
    }
    const result = await followStress({
      address: cluster.address,
      folder: home,
      seed: Number(values.seed),
      seconds: Number(values.seconds),
      sessions: Number(values.sessions),
      rows,
      log: values.verbose ? (line) => console.log(line) : () => undefined,
    });
    const reasons = new Map<string, number>();
    for (const reason of result.restarts) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    console.log(
      `seed ${values.seed}: ${result.commits} commits in ${result.publishes} publishes beside ${result.transactions} transactions of ${values.sessions} sessions and ${result.definitions} changed definitions; ${result.scans} scans; ${result.comparisons} comparisons of ${result.rowsCompared} rows, all equal; ${result.meetings} validations met the follower; ${result.reads} reads`,
    );
    for (const [reason, times] of reasons) console.log(`  ${times} x ${reason}`);
  } finally {
    cluster.remove();
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function stressSummaries(): Promise<void> {
  const programs = summarizingPrograms();
  if (programs === null) throw new Error('PostgreSQL summarizes its log from version 17 on');
  const cluster = await makeCluster({ summarize_wal: 'on', max_connections: '40' }, undefined, programs);
  const settings = { summarize_wal: 'on', max_wal_senders: '10' };
  const standby = values.standby ? await makeStandby(cluster, settings) : undefined;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-stress-'));
  const seed = Number(values.seed);
  const rounds = Number(values.rounds);
  const crashEvery = Number(values['crash-every']);
  try {
    const result = await logStress({
      ...{ cluster, folder, seed, rounds, crashEvery },
      ...(standby === undefined ? {} : { standby }),
      log: values.verbose ? (line) => console.log(line) : () => undefined,
    });
    console.log(
      `seed ${values.seed}: ${result.rounds} rounds (tables: ${JSON.stringify(result.modes)}), ${result.byLog} syncs by the log, ${result.settled} that had nothing to write; ${result.read} parts read and ${result.unread} not, ${result.byBlocks} tables by blocks with ${result.blocksRead} of ${result.blocks} read; ${result.rowsCompared} rows and ${result.placesCompared} places compared, all equal; ${result.monthsVouched} times a month was said to be unchanged, and was`,
    );
  } finally {
    standby?.remove();
    cluster.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
