import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { isDeadTag, processTag } from './processTag.ts';

const TAG_AND_RANDOM = /^(.+)-[A-Za-z0-9]{6}$/;

/**
 * Runs `use` with a private folder in the system's temporary one (TMPDIR), which is removed after; so are those of the
 * same prefix that killed runs of this user left.
 * @param prefix such as `finance-db-validate-`
 * @throws FinanceDbError CONFIG when TMPDIR is no folder that may be written; DISK_FULL
 */
export async function withTemporaryFolder<T>(
  prefix: string,
  use: (folder: string) => Promise<T>,
  parent = os.tmpdir(),
): Promise<T> {
  removeDeadFolders(parent, prefix);
  const folder = makeFolder(path.join(parent, `${prefix}${processTag()}-`), parent);
  try {
    return await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(start: string, parent: string): string {
  try {
    return fs.mkdtempSync(start);
  } catch (error) {
    const code = codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT' ? 'DISK_FULL' : 'CONFIG';
    throw new FinanceDbError(code, `cannot make a temporary folder in ${parent}: ${messageOf(error)}`, {
      ...(code === 'CONFIG' ? { remedy: 'set TMPDIR to a folder that exists and that you may write' } : {}),
      cause: error,
    });
  }
}

/** Folders `PREFIX TAG-XXXXXX` in `parent` whose process is dead. Nothing of another user is touched. */
export function removeDeadFolders(parent: string, prefix: string): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(prefix)) continue;
    const tag = TAG_AND_RANDOM.exec(name.slice(prefix.length))?.[1];
    if (tag === undefined || !isDeadTag(tag)) continue;
    const folder = path.join(parent, name);
    const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid()))
      fs.rmSync(folder, { recursive: true, force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    // Missing, or not ours to list: making the folder tells.
    return [];
  }
}
