import type { SnapshotNote } from '../../app/dashboard/snapshotNote.ts';
import type { StatusFollow } from '../../app/status.ts';
import type { PageName } from './pageNames.ts';

/** A sync or a validation that this server ran. */
export interface Run {
  readonly task: 'sync' | 'validate';
  readonly since: Date;
  readonly seconds: number;
  /** Null where it did what it was to do. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** Whether a follower is at work, and how far behind it is. */
export type Following = Pick<StatusFollow, 'state' | 'why' | 'lag_seconds'>;

/** How it stands with PostgreSQL, which the file cannot know. */
export interface Freshness {
  /** When a sync last compared the file with PostgreSQL. */
  readonly checkedAt: Date | null;
  /** Whether a sync or a validation runs now, which, and since when. */
  readonly syncing: boolean;
  readonly task: 'sync' | 'validate' | null;
  readonly since: Date | null;
  /** Why the last one failed: its code and message; null when it did not. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy: string } | null;
  /** Who follows PostgreSQL's changes into the file now, this server or somebody else; null when nobody does. */
  readonly following: Following | null;
  /** Whether this server syncs by itself (--no-sync). */
  readonly automatic: boolean;
  /** The last ones that ended, newest first. */
  readonly runs: readonly Run[];
}

/** What every page is given beside its own view: who it is, how it was asked for, and what its links begin with. */
export interface Frame {
  readonly page: PageName;
  /** '' or '/money': what the path of every link begins with (--base-path). */
  readonly base: string;
  /** The parameters as they were typed: relative words stay, so that a bookmark rolls. */
  readonly query: URLSearchParams;
  /** The file that this page was made from; null where there is none yet. */
  readonly snapshot: SnapshotNote | null;
  readonly freshness: Freshness;
  readonly now: Date;
  /** The day that relative words count from, as ISO text (FINANCE_DB_TODAY, else the clock). */
  readonly today: string;
  /** How numbers are written: `?locale=de-DE`, else what the browser prefers. */
  readonly locale: string;
  /** The paths of the script and the style sheet, with a hash of their contents. */
  readonly assets: { readonly script: string; readonly style: string };
  /** The flags that name the file to a command, where it is not the one that a terminal would find by itself. */
  readonly place: readonly string[];
  /** Whether /sql is there (--no-sql). */
  readonly sql: boolean;
}
