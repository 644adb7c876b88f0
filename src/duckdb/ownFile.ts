import fs from 'node:fs';
import { STATE_SCHEMA } from '../model/tableName.ts';
import { wasPublishedHere } from './lastCheck.ts';

const CHUNK_BYTES = 1 << 20;
/** Where every DuckDB file says that it is one. */
const MAGIC = { at: 8, text: 'DUCK' } as const;
/** Names of our own tables, which DuckDB writes as they are. */
const NAMES = [STATE_SCHEMA, 'sync_state'].map((name) => Buffer.from(name));

/**
 * Whether a file that DuckDB cannot open is one of ours that was damaged, rather than something of somebody else's: there is
 * nothing in it, it is the very file that was published at this place, or it is a DuckDB file with our tables in it.
 * @param file where it can be read
 * @param place where it was found
 */
export function isDamagedOwn(file: string, place: string): boolean {
  if (fs.statSync(file).size === 0 || wasPublishedHere(place)) return true;
  const fd = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(MAGIC.at + MAGIC.text.length);
    fs.readSync(fd, head, 0, head.length, 0);
    return head.toString('latin1', MAGIC.at) === MAGIC.text && NAMES.every((name) => holds(fd, name));
  } finally {
    fs.closeSync(fd);
  }
}

function holds(fd: number, name: Buffer): boolean {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const read = fs.readSync(fd, chunk, 0, chunk.length, at);
    if (chunk.subarray(0, read).includes(name)) return true;
    if (read < chunk.length) return false;
    // A name may lie across two pieces.
    at += read - name.length;
  }
}
