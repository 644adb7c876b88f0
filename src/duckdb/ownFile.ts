import fs from 'node:fs';
import { STATE_SCHEMA } from '../model/tableName.ts';
import { wasPublishedHere } from './lastCheck.ts';

const CHUNK_BYTES = 1 << 20;
/** Where every DuckDB file says that it is one. */
const MAGIC = { at: 8, text: 'DUCK' } as const;
/** A file of DuckDB's: three headers, then blocks. */
const LAYOUT = { headers: 3 * 4096, block: 256 * 1024 } as const;
/** Names of our own tables, which DuckDB writes as they are. */
const NAMES = [STATE_SCHEMA, 'sync_state'].map((name) => Buffer.from(name));

/**
 * Whether a file that DuckDB cannot open is one of ours that was damaged, rather than something of somebody else's: there is
 * nothing in it, it is the very file that was published at this place, or it is a DuckDB file with our tables in it, told by its
 * header or, where that is what was damaged, by its size.
 * @param file where it can be read
 * @param place where it was found
 */
export function isDamagedOwn(file: string, place: string): boolean {
  const { size } = fs.statSync(file);
  if (size === 0 || wasPublishedHere(place)) return true;
  const fd = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(MAGIC.at + MAGIC.text.length);
    fs.readSync(fd, head, 0, head.length, 0);
    const isDuckdb = head.toString('latin1', MAGIC.at) === MAGIC.text || isWholeBlocks(size);
    return isDuckdb && NAMES.every((name) => holds(fd, name));
  } finally {
    fs.closeSync(fd);
  }
}

function isWholeBlocks(size: number): boolean {
  return size > LAYOUT.headers && (size - LAYOUT.headers) % LAYOUT.block === 0;
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
