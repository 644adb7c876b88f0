// The main job from end to end, on the embedded server, in a folder of its own (.demo) that may be used again and again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const env = { ...process.env, FINANCE_DB_HOME: `${root}.demo` };
// The demo is about the embedded server, whatever this shell is set up for.
for (const name of Object.keys(env)) if (name === 'DATABASE_URL' || /^PG[A-Z]+$/.test(name)) delete env[name];
for (const name of ['FINANCE_DB_DUCKDB', 'FINANCE_DB_TABLES']) delete env[name];

const steps = [
  ['init', '--sample'],
  ['sync', '--validate'],
  ['stats'],
  [
    'query',
    'SELECT category, count(*) AS transactions, sum(normalized_amount) AS total FROM transactions GROUP BY ALL ORDER BY total LIMIT 5',
  ],
];

for (const args of steps) {
  console.log(`\n$ finance-db ${args.map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg)).join(' ')}`);
  const { status } = spawnSync(
    process.execPath,
    ['--', `${root}bin/finance-db.js`, ...args, '--env-file', '/dev/null'],
    {
      stdio: 'inherit',
      env,
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
console.log('\nThe demo lives in .demo; remove that folder to begin anew.');
console.log('Look further: npx finance-db --home .demo stats recurring, npx finance-db --help');
