import fs from 'node:fs';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { lacksIndexes } from '../../duckdb/indexes.ts';
import type { SampleTable } from '../../model/sampleRows.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import { isBehind, nothingHappened, watermarkObjection } from '../../model/watermark.ts';
import type { SourcePosition } from '../../postgres/snapshot.ts';
import { needsLabel } from './baseCurrency.ts';
import { requiredIndexColumns } from './indexColumns.ts';
import { findState } from './published.ts';
import type { SyncRequest, SyncResult, TableWork } from './syncRequest.ts';
import { secondsSince } from './syncTable.ts';
import type { WalLooks } from './unread.ts';

/** What a sync that has nothing to do reports of the file. */
export interface Untouched {
  readonly states: readonly TableState[];
  readonly sampleTables: readonly SampleTable[];
  /** In words. */
  readonly reason: string;
}

/** The states of all tables when no transaction can have changed any; null when it takes a closer look. */
export async function gate(
  request: SyncRequest,
  position: SourcePosition,
  file: PublishedFile,
): Promise<Untouched | null> {
  if (file.kind !== 'ours') return null;
  const states = request.tables.map((table) => findState(file, table));
  const settled = states.every(
    (state) =>
      state?.gated === true &&
      nothingHappened(state.snapshot, position.snapshot) &&
      watermarkObjection(state, position) === null,
  );
  return settled ? untouched(request, file, 'no transaction since the last sync') : null;
}

/** The states of all tables when the source is a standby that has not come as far as one of them; null otherwise. */
export function behind(
  { tables, full }: Pick<SyncRequest, 'tables' | 'full'>,
  position: SourcePosition,
  file: PublishedFile,
): Untouched | null {
  if (file.kind !== 'ours' || file.sample || full) return null;
  const states = tables.map((table) => findState(file, table)).filter((state) => state !== null);
  if (!states.some((state) => isBehind(state, position))) return null;
  return { states, sampleTables: file.sampleTables, reason: BEHIND };
}

/** Why nothing was done, in words. */
export const BEHIND = 'the source is behind, nothing done';

/** Beyond so many summaries the file is written once more, so that the next sync begins at a newer checkpoint. */
const MOST_SUMMARIES = 24;

/** The states of all tables when the server's log tells that none was touched; null otherwise. */
export async function settledByLog(
  request: SyncRequest,
  file: OwnFile,
  work: readonly TableWork[],
  looks: WalLooks,
): Promise<Untouched | null> {
  if (looks.summaries > MOST_SUMMARIES) return null;
  const settled = work.every(({ plan: { mode, source, newLeaves } }) => {
    if (mode === 'none') return true;
    if (mode === 'full' || newLeaves.length > 0) return false;
    const { unread } = looks.of(source.oid);
    return unread.size === Math.max(source.leaves.length, 1);
  });
  return settled ? untouched(request, file, 'no summary of the write-ahead log mentions it') : null;
}

type OwnFile = Extract<PublishedFile, { kind: 'ours' }>;

/** Null when something has to be written though no row changed. */
async function untouched(request: SyncRequest, file: OwnFile, reason: string): Promise<Untouched | null> {
  if (request.full || request.beforePublish !== undefined || file.sample) return null;
  // The label of the sums is part of the file: a setting that says otherwise is written down although no row changed.
  if (needsLabel(request.config, file.baseCurrency)) return null;
  const { config, tables, indexes } = request;
  if (await lacksIndexes(config.duckdbPath, tables, indexes, requiredIndexColumns(request))) return null;
  const states = tables.map((table) => findState(file, table)).filter((state) => state !== null);
  return { states, sampleTables: file.sampleTables, reason };
}

/** The result of a sync that has nothing to do. */
export function unchanged(
  source: Pick<SyncResult, 'source' | 'snapshot'>,
  { states, sampleTables, reason }: Untouched,
  publishedPath: string,
  started: number,
): SyncResult {
  return {
    ...source,
    tables: states.map((state) => ({
      table: displayName(state),
      mode: 'none',
      reason,
      rows: state.rows,
      upserted: 0n,
      deleted: 0n,
      seconds: 0,
      scan: null,
    })),
    duckdb: { path: publishedPath, bytes: fs.statSync(publishedPath).size },
    seconds: secondsSince(started),
    published: false,
    warnings: [],
    heldBack: null,
    sampleTables,
  };
}
