// npm run fuzz -- --seed 7 --rows 1000000
// Hashes of random values of every mapped type, by PostgreSQL and by us; FINANCE_DB_TEST_POSTGRES=14 … 17 as in the tests.
import { parseArgs } from 'node:util';
import { type Fixture, makeFixture } from '../test/support/fixture.ts';
import { fuzzHashes } from '../test/support/hashFuzz.ts';
import { makeTemplate } from '../test/support/testServer.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, rows: { type: 'string', default: '1000000' } },
});
const ROUND = 20_000;

const template = makeTemplate();
let source: Fixture | undefined;
try {
  source = await makeFixture();
  const [server] = await source.session.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  const rounds = Math.ceil(Number(values.rows.replaceAll('_', '')) / ROUND);
  for (let round = 0; round < rounds; round++) {
    const seed = Number(values.seed) + round;
    const { wrong, columns } = await fuzzHashes(source, ROUND, seed);
    for (const line of wrong) console.error(`seed ${seed}: ${line}`);
    if (wrong.length > 0) process.exitCode = 1;
    console.log(
      `PostgreSQL ${server?.version}, seed ${seed}: ${ROUND.toLocaleString('en-US')} values of each of ${columns} columns`,
    );
  }
} finally {
  await source?.close();
  template.remove();
}
