import type { Config } from '../../config/config.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { PlacesLimits } from '../../model/partLook.ts';
import type { SampleTable } from '../../model/sampleRows.ts';
import type { SyncMode, TablePlan } from '../../model/syncPlan.ts';
import type { TableName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { HoldBack, SourceSnapshot } from '../../postgres/snapshot.ts';
import type { LoadProgress } from './fullLoad.ts';

export interface SyncRequest {
  readonly config: Config;
  /** The tables to sync; config.tables unless --tables narrows them. */
  readonly tables: readonly TableName[];
  readonly full: boolean;
  /** Tables to load anew though not all are, by their display names. */
  readonly fullTables?: ReadonlySet<string>;
  /** Why these are, in words. */
  readonly fullBecause?: string;
  /** These tables are none of those that a follower streams into the file: what it says of the stream stays true. */
  readonly besideStream?: true;
  /** The file may belong to another source, whose data is replaced then. */
  readonly newSource?: boolean;
  readonly jobs: number | null;
  readonly waitSeconds: number;
  /** Beside a follower: how old the file may be, in seconds; it has to have all of now when left out. */
  readonly maxAgeSeconds?: number;
  /** Ask the server for a checkpoint, so that the summaries of its log reach up to the snapshot. */
  readonly checkpoint?: boolean;
  /** How long to wait for the server's own next checkpoint instead. */
  readonly awaitCheckpointSeconds?: number;
  readonly places?: PlacesLimits;
  /** Columns to index in the DuckDB file. */
  readonly indexes: readonly string[];
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  /** Called with the finished working copy, in the snapshot it was made from, before it is published. */
  readonly beforePublish?: ((ready: ReadyToPublish) => Promise<void>) | undefined;
}

/** One table's part of a sync. */
export interface TableWork {
  readonly plan: TablePlan;
  readonly columns: readonly ColumnMapping[];
}

/** What a check before publishing gets to see. */
export interface ReadyToPublish {
  readonly copy: WorkingCopy;
  readonly snapshot: SourceSnapshot;
  readonly tables: readonly TableWork[];
}

export interface TableResult {
  readonly table: string;
  readonly mode: SyncMode;
  readonly reason: string;
  readonly rows: bigint;
  readonly upserted: bigint;
  readonly deleted: bigint;
  readonly seconds: number;
  /** Which of its parts were read; null for a full load, and when nothing was looked at. */
  readonly scan: TableScan | null;
}

/** How much of a table an incremental sync read. */
export interface TableScan {
  /** Leaf partitions, or 1. */
  readonly parts: number;
  readonly read: number;
  /** Blocks of the table, and of these the ones that were read to find what changed. */
  readonly blocks: { readonly all: number; readonly read: number };
  /** Why so many, in words. */
  readonly why: string;
}

export interface SyncResult {
  readonly source: {
    readonly kind: 'embedded' | 'postgres';
    readonly database: string;
    /** `host:port`, or EMBEDDED_PLACE. */
    readonly place: string;
    readonly version: string;
  };
  readonly tables: readonly TableResult[];
  readonly snapshot: string;
  readonly duckdb: { readonly path: string; readonly bytes: number };
  readonly seconds: number;
  /** False when there was nothing to publish. */
  readonly published: boolean;
  /** Things worth knowing that are no errors. */
  readonly warnings: readonly string[];
  readonly heldBack: HoldBack | null;
  /** Tables with sample rows that `init` put into PostgreSQL. */
  readonly sampleTables: readonly SampleTable[];
}
