import fs from 'node:fs';
import path from 'node:path';
import { currentSync } from '../../duckdb/publish.ts';
import type { Standing } from './followRequest.ts';

/*
 * FILE.work/follow.json: what a running follower tells to other commands, for as long as it holds the lock of the file.
 */

export interface FollowNote {
  readonly pid: number;
  readonly publication: string;
  readonly since: string;
  /** When the note was written. */
  readonly at: string;
  readonly state: Standing['state'];
  readonly why: string | null;
  readonly position: string | null;
  readonly lag_seconds: number;
  readonly published_at: string | null;
  readonly slot: string | null;
}

const NAME = 'follow.json';

/** Writes the note whole: whoever reads meanwhile finds the old one. Never fails what it tells of. */
export function writeFollowNote(folder: string, note: FollowNote): void {
  try {
    const draft = path.join(folder, `${NAME}.new`);
    fs.writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    fs.renameSync(draft, path.join(folder, NAME));
  } catch {
    // The note is a comfort.
  }
}

/** Who follows into the file now; null when nobody does. */
export function currentFollower(publishedPath: string): FollowNote | null {
  const holder = currentSync(publishedPath);
  if (holder === null) return null;
  try {
    const file = fs.realpathSync(publishedPath);
    const note = JSON.parse(fs.readFileSync(path.join(`${file}.work`, NAME), 'utf8')) as FollowNote;
    return note.pid === holder.pid ? note : null;
  } catch {
    return null;
  }
}
