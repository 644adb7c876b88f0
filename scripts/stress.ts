// npm run stress -- --seed 7 --seconds 600 --sessions 4 --rows 30000
// Random writers beside repeated syncs on a server of their own; compares both sides row by row in each snapshot.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useEmbeddedServer } from '../src/postgres/embedded/server.ts';
import { stress } from '../test/support/stress.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '60' },
    sessions: { type: 'string', default: '4' },
    rows: { type: 'string', default: '5000' },
    verbose: { type: 'boolean', default: false },
  },
});

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
    rows: Number(values.rows),
    log: values.verbose ? (line) => console.log(line) : () => undefined,
  });
  console.log(
    `seed ${values.seed}: ${result.syncs} syncs (tables: ${JSON.stringify(result.modes)}) beside ${result.transactions} transactions of ${values.sessions} sessions; ${result.upserted} rows upserted, ${result.deleted} deleted; ${result.rowsCompared} rows compared, all equal`,
  );
} finally {
  await server.release();
  fs.rmSync(home, { recursive: true, force: true });
}
