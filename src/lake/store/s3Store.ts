import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { diskFull, isFull } from './diskFull.ts';
import { dropUploads, putParts } from './s3Parts.ts';
import type { S3Place } from './s3Place.ts';
import { S3Requests } from './s3Requests.ts';
import type { LakeStore } from './store.ts';

/** Larger files are sent in parts, each tried again for itself. */
const PART_BYTES = 16 << 20;

/** A lake in an S3-compatible store. @param below the table's place under the prefix */
export function s3Store(
  place: S3Place,
  below: string,
  signal: AbortSignal,
  { partBytes = PART_BYTES, patienceMs }: { readonly partBytes?: number; readonly patienceMs?: number } = {},
): LakeStore {
  const requests = new S3Requests(place, signal, patienceMs);
  const root = [place.prefix, below].filter((part) => part !== '').join('/');
  const at = (key: string): string => `${root}/${key}`;
  return {
    location: `s3://${place.bucket}/${root}`,
    address: `${place.url}/${root}`,
    folder: null,
    read: (key) => requests.get(at(key)),
    size: (key) => requests.head(at(key)),
    list: async (prefix) => (await requests.list(at(prefix))).map((key) => key.slice(root.length + 1)),
    write: (key, content) => requests.put(at(key), content),
    writeNew: (key, content) => requests.putNew(at(key), content),
    upload: async (key, localFile) => {
      const { size } = fs.statSync(localFile);
      if (size <= partBytes) await requests.put(at(key), fs.readFileSync(localFile));
      else await putParts(requests, at(key), localFile, size, partBytes);
    },
    fetch: async (key, cache) => {
      // Data files never change: one that is here is the one.
      const local = path.join(cache, place.bucket, ...at(key).split('/'));
      if (fs.existsSync(local)) return local;
      const temporary = `${local}.${process.pid}.tmp`;
      try {
        fs.mkdirSync(path.dirname(local), { recursive: true, mode: 0o700 });
        if (!(await requests.download(at(key), temporary)))
          throw new FinanceDbError('LAKE_UNREADABLE', `s3://${place.bucket}/${at(key)} is missing`, {
            details: { file: key },
          });
        fs.renameSync(temporary, local);
      } catch (error) {
        throw isFull(error) ? diskFull(error, local) : error;
      } finally {
        fs.rmSync(temporary, { force: true });
      }
      return local;
    },
    remove: (key) => requests.remove(at(key)),
    dropUploads: (keys) => dropUploads(requests, `${root}/`, keys.map(at)),
  };
}
