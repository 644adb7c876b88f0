import fs from 'node:fs';
import { resolvedPath } from './followNote.ts';

/*
 * FILE.slots, beside the DuckDB file: the replication slots that followers of this file made and left at the server. A slot that is
 * not written down here is not ours. Each is written down before it is made, so that none can be forgotten by a crash.
 */

export interface SlotRecord {
  readonly name: string;
  readonly systemIdentifier: string | null;
  readonly databaseOid: string;
  readonly recordedAt: string;
  /** False from before it is made until it certainly was: it may be there or not. */
  readonly made: boolean;
  /** A file that says to be as of `said` is as of `position` as well: nothing of its tables was committed in between. */
  readonly beyond: { readonly said: string; readonly position: string } | null;
}

/** The slots of the file at a place; none where nothing is written down. */
export function readSlots(publishedPath: string): readonly SlotRecord[] {
  try {
    return JSON.parse(fs.readFileSync(placeOf(publishedPath), 'utf8')) as SlotRecord[];
  } catch {
    return [];
  }
}

/** Writes down a slot, in the place of what was known of it. @throws Error of the system when it cannot be */
export function recordSlot(publishedPath: string, record: SlotRecord): void {
  write(publishedPath, [...readSlots(publishedPath).filter(({ name }) => name !== record.name), record]);
}

/** A slot that is gone, or was dropped. */
export function forgetSlot(publishedPath: string, slot: string): void {
  write(
    publishedPath,
    readSlots(publishedPath).filter(({ name }) => name !== slot),
  );
}

function write(publishedPath: string, records: readonly SlotRecord[]): void {
  const place = placeOf(publishedPath);
  if (records.length === 0) {
    fs.rmSync(place, { force: true });
    return;
  }
  const draft = `${place}.new`;
  fs.writeFileSync(draft, `${JSON.stringify(records)}\n`, { mode: 0o600, flush: true });
  fs.renameSync(draft, place);
}

function placeOf(publishedPath: string): string {
  return `${resolvedPath(publishedPath)}.slots`;
}
