// npm run crash -- --kills 50 --seed 3 --rows 200000
// Kills syncs with SIGKILL at random instants; each time the published file must be whole and the next sync succeed.
// npm run crash -- --lake: publications of the lake, from the file and without one, each killed before each step in which it changes the lake.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useEmbeddedServer } from '../src/postgres/embedded/server.ts';
import { connect } from '../src/postgres/session.ts';
import { makeCluster } from '../test/support/cluster.ts';
import { urlOf } from '../test/support/database.ts';
import { killSyncs } from '../test/support/kills.ts';
import { killLakes } from '../test/support/lakeKills.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rows: { type: 'string' },
    lake: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const log = values.verbose ? (line: string) => console.log(line) : () => undefined;
if (values.lake) await crashLakes();
else await crashSyncs();

async function crashLakes(): Promise<void> {
  const cluster = await makeCluster({});
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-crash-'));
  const session = await connect(cluster.address, { retryMs: 2000 });
  try {
    const result = await killLakes({
      ...{
        session,
        url: urlOf(cluster.address),
        folder,
        seed: Number(values.seed),
        rows: Number(values.rows ?? '3000'),
      },
      ...{ kills: 'every', byTime: 0, log },
    });
    console.log(
      `seed ${values.seed}: killed before each of ${result.killed} steps (${result.afterCommit} after the commit, ${result.leftBehind} left files for the next run); ${result.pairs} pairs of writers, of which ${result.conflicts} met; every lake whole, every next run equal, nothing left over`,
    );
  } finally {
    await session.close();
    cluster.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function crashSyncs(): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-crash-'));
  fs.chmodSync(home, 0o755);
  const server = await useEmbeddedServer(path.join(home, 'postgres'), new Date());
  try {
    const folder = path.join(home, 'duckdb');
    fs.mkdirSync(folder);
    const result = await killSyncs({
      address: { ...server.address, sslmode: 'disable', sslrootcert: undefined },
      folder,
      kills: Number(values.kills),
      seed: Number(values.seed),
      rows: Number(values.rows ?? '100000'),
      log,
    });
    console.log(
      `seed ${values.seed}: ${result.killed} kills (${result.full} of full, ${result.incremental} of incremental syncs; ${result.leftBehind} left files behind, ${result.afterPublish} came after publishing); every file whole, every next sync equal; ${result.rowsCompared} rows compared`,
    );
  } finally {
    await server.release();
    fs.rmSync(home, { recursive: true, force: true });
  }
}
