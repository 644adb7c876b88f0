import fs from 'node:fs';

/*
 * FILE.checked, beside the DuckDB file: when a sync last compared it with PostgreSQL, which a sync that finds nothing to do
 * does not write into the file itself, and which file that was. Losing it is harmless: the file's own last sync stands in, and
 * a damaged file has to be told by its contents. Written by whoever holds the sync lock.
 */

interface Note {
  readonly checked_at: string;
  /** See `identityOf`. */
  readonly file: string;
}

/** Remembers that all of the file at `path` was found up to date, or was brought there. Never fails what it tells of. */
export function rememberCheck(path: string, now: Date): void {
  writeNote(path, now.toISOString());
}

/** Tells the note that another file has taken the place; where there is none, the file's own last sync will do. */
export function rememberPublished(path: string): void {
  const note = parseNote(path);
  if (note !== null) writeNote(path, note.checked_at);
}

/** As `rememberCheck`, but only where there is a note already: the file's own last sync says the same. */
export function renewCheck(path: string, now: Date): void {
  if (parseNote(path) !== null) rememberCheck(path, now);
}

function writeNote(path: string, checkedAt: string): void {
  try {
    const stat = fs.statSync(path, { bigint: true });
    const note: Note = { checked_at: checkedAt, file: identityOf(stat) };
    fs.writeFileSync(noteOf(path), `${JSON.stringify(note)}\n`, { mode: Number(stat.mode) & 0o666 });
  } catch {
    // The note is a comfort.
  }
}

/** When the file at `path` was last checked; null when nobody knows. */
export function lastCheck(path: string): Date | null {
  const note = readNote(path);
  const date = new Date(note?.checked_at ?? Number.NaN);
  return note === null || Number.isNaN(date.getTime()) ? null : date;
}

/** Whether the file at `path`, in whatever state it is now, is the very one that was published there. */
export function wasPublishedHere(path: string): boolean {
  return readNote(path) !== null;
}

/** The note on the file that is there now; one on another file does not count. */
function readNote(path: string): Note | null {
  try {
    const file = fs.realpathSync(path);
    const note = parseNote(file);
    return note?.file === identityOf(fs.statSync(file, { bigint: true })) ? note : null;
  } catch {
    return null;
  }
}

function parseNote(path: string): Note | null {
  try {
    return JSON.parse(fs.readFileSync(noteOf(path), 'utf8')) as Note;
  } catch {
    return null;
  }
}

/** Numbers of files are given again soon after one is removed; together with the time of its making it stays one file. */
function identityOf({ ino, birthtimeNs }: fs.BigIntStats): string {
  return `${ino}:${birthtimeNs}`;
}

function noteOf(path: string): string {
  return `${path}.checked`;
}
