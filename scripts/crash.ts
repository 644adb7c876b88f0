// npm run crash -- --kills 50 --seed 3 --rows 200000
// Kills syncs with SIGKILL at random instants; each time the published file must be whole and the next sync succeed.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useEmbeddedServer } from '../src/postgres/embedded/server.ts';
import { killSyncs } from '../test/support/kills.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rows: { type: 'string', default: '100000' },
    verbose: { type: 'boolean', default: false },
  },
});

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
    rows: Number(values.rows),
    log: values.verbose ? (line) => console.log(line) : () => undefined,
  });
  console.log(
    `seed ${values.seed}: ${result.killed} kills (${result.full} of full, ${result.incremental} of incremental syncs; ${result.leftBehind} left files behind, ${result.afterPublish} came after publishing); every file whole, every next sync equal; ${result.rowsCompared} rows compared`,
  );
} finally {
  await server.release();
  fs.rmSync(home, { recursive: true, force: true });
}
