import fs from 'node:fs';
import path from 'node:path';
import { parseS3Place } from '../../src/lake/store/s3Place.ts';
import { s3Store } from '../../src/lake/store/s3Store.ts';

/** What our commits need of a store, on a real one: put-if-absent, and files in parts. @returns how much of it is missing */
export async function tryStore(root: string, keys: Record<string, string>, folder: string): Promise<number> {
  const place = parseS3Place(root, keys);
  if (place === null) throw new Error(`${root} is no place`);
  const store = s3Store(place, 'tried', new AbortController().signal);
  const [mine, theirs] = [Buffer.alloc(1 << 20, 'mine'), Buffer.from('theirs')];
  const written = [await store.writeNew('v1', mine), await store.writeNew('v1', theirs)];
  const kept = (await store.read('v1'))?.equals(mine) === true;
  const file = path.join(folder, 'parts');
  fs.writeFileSync(file, Buffer.alloc(40 << 20, 'money'));
  await store.upload('parts', file);
  const fetched = fs.readFileSync(await store.fetch('parts', path.join(folder, 'fetched')));
  const same = kept && written.join() === 'true,false' && fetched.equals(fs.readFileSync(file));
  console.log(`put-if-absent and files in parts: S3 ${same ? 'equal' : `DIFFERS: ${written} ${kept}`}`);
  return same ? 0 : 1;
}
