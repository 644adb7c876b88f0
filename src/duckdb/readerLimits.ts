import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A reader gets no more than this share of the machine's memory: two of them, or a sync beside one, still fit. */
const MEMORY_SHARE = 0.5;
/** And no more than this share of the disk that is free when it opens. */
const DISK_SHARE = 0.5;

/**
 * What DuckDB may use when nobody set FINANCE_DB_MEMORY: half of what the machine, or its container, has.
 * @param share another share of it
 */
export function memoryShare(share = MEMORY_SHARE): string {
  const machine = os.totalmem();
  const container = process.constrainedMemory();
  const bytes = container > 0 && container < machine ? container : machine;
  return `${Math.floor((bytes * share) / 1e6)}MB`;
}

/** Where a reader puts what does not fit into memory, and how much of it. */
export interface SpillPlace {
  readonly folder: string;
  /** As DuckDB wants sizes. */
  readonly most: string;
}

let opened = 0;

/**
 * A folder of its own for one reader, which DuckDB makes when it needs it and removes with the reader: two readers that
 * shared DuckDB's default folder would write over each other's files. It lies beside the file, or among the system's
 * temporary files when that folder is read-only.
 */
export function spillPlace(file: string): SpillPlace {
  const parent = isWritable(path.dirname(file)) ? path.dirname(file) : os.tmpdir();
  const folder = path.join(parent, `${path.basename(file)}.spill-${process.pid}-${++opened}`);
  return { folder, most: `${Math.max(1, Math.floor((freeBytes(parent) * DISK_SHARE) / 1e6))}MB` };
}

function isWritable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Not there: opening the file in it will say so.
    return 0;
  }
}
