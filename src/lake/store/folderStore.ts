import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { makeFolders } from '../../files/privateFile.ts';
import { diskFull, isFull } from './diskFull.ts';
import type { LakeStore } from './store.ts';

/**
 * A lake in a folder of this machine.
 * @param root absolute
 * @param run whose temporary files they are: a part of their names
 */
export function folderStore(root: string, run: string): LakeStore {
  const at = (key: string): string => path.join(root, ...key.split('/'));
  const guarded = async <T>(key: string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw folderError(error, at(key));
    }
  };
  const put = (key: string, content: Buffer, place: (temporary: string, target: string) => boolean): boolean => {
    const target = at(key);
    makeFolders(path.dirname(target));
    // Hidden, and named after the run, by which those of a killed one are found (journal.ts).
    const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${run}`);
    try {
      fs.writeFileSync(temporary, content, { flush: true });
      return place(temporary, target);
    } finally {
      fs.rmSync(temporary, { force: true });
      syncFolder(path.dirname(target));
    }
  };
  return {
    location: root,
    address: null,
    folder: root,
    read: (key) =>
      guarded(key, () => {
        try {
          return fs.readFileSync(at(key));
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    size: (key) => guarded(key, () => fs.statSync(at(key), { throwIfNoEntry: false })?.size ?? null),
    list: (prefix) =>
      guarded(prefix, () => {
        const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
        const start = prefix.slice(folder.length);
        const names = fs.existsSync(at(folder)) ? fs.readdirSync(at(folder)) : [];
        return names.filter((name) => name.startsWith(start)).map((name) => `${folder}${name}`);
      }),
    write: (key, content) =>
      guarded(key, () => {
        put(key, content, (temporary, target) => {
          fs.renameSync(temporary, target);
          return true;
        });
      }),
    writeNew: (key, content) =>
      guarded(key, () =>
        put(key, content, (temporary, target) => {
          try {
            // A second name for the file is refused where there is one: nobody sees half of it, and nobody's is replaced.
            fs.linkSync(temporary, target);
            return true;
          } catch (error) {
            if (codeOf(error) === 'EEXIST') return false;
            throw error;
          }
        }),
      ),
    upload: (key, localFile) =>
      guarded(key, async () => {
        // While the disk writes, another file may be made.
        const handle = await fs.promises.open(localFile, 'r+');
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
        syncFolder(path.dirname(localFile));
      }),
    fetch: async (key) => at(key),
    remove: (key) =>
      guarded(key, () => {
        fs.rmSync(at(key), { force: true });
        removeEmpty(path.dirname(at(key)), root);
      }),
    dropUploads: async () => undefined,
  };
}

/** A folder of a month that has no file any more goes too. */
function removeEmpty(folder: string, root: string): void {
  try {
    if (folder.length > root.length) fs.rmdirSync(folder);
  } catch {
    // Not empty, or gone.
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

/** Errors of the file system, as ours. */
function folderError(error: unknown, place: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isFull(error)) return diskFull(error, place);
  return new FinanceDbError('LAKE_STORE', `the lake's folder cannot be used: ${messageOf(error)}`, {
    cause: error,
    details: { path: place },
  });
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  try {
    const fd = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
