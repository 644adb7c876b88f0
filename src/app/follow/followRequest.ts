import type { Config } from '../../config/config.ts';
import type { LoadProgress } from '../sync/fullLoad.ts';
import type { SyncResult } from '../sync/syncRequest.ts';

export interface FollowRequest {
  readonly config: Config;
  readonly publication: string;
  /** A slot that outlives the connection, by its name; null for one that goes with it. */
  readonly keepSlot: string | null;
  /** Come to where the server is now, publish, and end. */
  readonly once: boolean;
  /** Bytes a second that publishing may write on the average; null for no limit. */
  readonly writeBudget: number | null;
  readonly waitSeconds: number;
  /** How often it looks around when nothing comes, and tells where it stands; a second when left out. */
  readonly pulseMs?: number;
  /** How long after a scan of what no stream tells of the next one begins; a minute when left out. */
  readonly scanPaceMs?: number;
  /** What DuckDB may use for scans where nothing is set, to begin with; LEAN_MEMORY when left out. */
  readonly scanMemory?: string;
  /** After so many bytes of changes what is not to be published yet is made lasting in the private copy; MOST_OPEN when left out. */
  readonly mostOpen?: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly onEvent: (event: FollowEvent) => void;
}

/** What a follower tells of itself while it runs. */
export type FollowEvent =
  /** Both sides were compared by a scan, which begins each stream. */
  | { readonly kind: 'scanned'; readonly result: SyncResult }
  | { readonly kind: 'published'; readonly publish: PublishReport }
  /** The stream was given up, and is begun anew. */
  | { readonly kind: 'restart'; readonly reason: string; readonly waitMs: number }
  | { readonly kind: 'warning'; readonly text: string }
  /** Where it stands, about once a second. */
  | { readonly kind: 'standing'; readonly standing: Standing };

/** One publish of streamed changes. */
export interface PublishReport {
  readonly commits: number;
  readonly upserted: bigint;
  readonly deleted: bigint;
  /** From the oldest commit in it to the file's being there, by the server's clock and ours. */
  readonly lagSeconds: number;
  /** What the publishing itself took. */
  readonly seconds: number;
  readonly bytes: number;
  readonly position: string;
}

export interface Standing {
  /** `scanning`: both sides are compared; `streaming`; `waiting`: for the server to come back, or for space, or a writer to close the file. */
  readonly state: 'scanning' | 'streaming' | 'waiting';
  /** Why it waits, in words. */
  readonly why: string | null;
  /** All that was committed before it is in the published file; null before the first publish. */
  readonly position: string | null;
  /** All that was committed before it has arrived. */
  readonly received: string | null;
  /** Age of the oldest commit that has arrived and is not published. */
  readonly lagSeconds: number;
  readonly publishedAt: Date | null;
  /** When the last look at the catalogue began, which found nothing that the file does not have; null before the first one. */
  readonly lookedAt: Date | null;
  /** What was committed before this moment is in the published file, but for tables that are scanned; null when that is not known. */
  readonly asOf: Date | null;
  readonly commits: number;
  readonly rows: number;
  readonly slot: string | null;
  /** Tables that are scanned now and then, by their display names. */
  readonly scanned: readonly string[];
  /** When the last scan of those began; null before the first one, and where there are none. */
  readonly scannedAt: Date | null;
}
