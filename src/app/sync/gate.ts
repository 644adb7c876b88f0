import fs from 'node:fs';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { lacksIndexes } from '../../duckdb/indexes.ts';
import type { SampleTable } from '../../model/sampleRows.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import { nothingHappened, watermarkObjection } from '../../model/watermark.ts';
import type { SourcePosition } from '../../postgres/snapshot.ts';
import { needsLabel } from './baseCurrency.ts';
import { requiredIndexColumns } from './indexColumns.ts';
import { findState } from './published.ts';
import type { SyncRequest, SyncResult } from './syncRequest.ts';
import { secondsSince } from './syncTable.ts';

/** What a sync that has nothing to do reports of the file. */
export interface Untouched {
  readonly states: readonly TableState[];
  readonly sampleTables: readonly SampleTable[];
}

/** The states of all tables when no transaction can have changed any; null when it takes a closer look. */
export async function gate(
  request: SyncRequest,
  position: SourcePosition,
  file: PublishedFile,
): Promise<Untouched | null> {
  if (request.full || request.beforePublish !== undefined || file.kind !== 'ours' || file.sample) return null;
  // The label of the sums is part of the file: a setting that says otherwise is written down although no row changed.
  if (needsLabel(request.config, file.baseCurrency)) return null;
  const states = request.tables.map((table) => findState(file, table));
  const settled = states.every(
    (state) =>
      state?.gated === true &&
      nothingHappened(state.snapshot, position.snapshot) &&
      watermarkObjection(state, position) === null,
  );
  if (!settled) return null;
  const { config, tables, indexes } = request;
  if (await lacksIndexes(config.duckdbPath, tables, indexes, requiredIndexColumns(request))) return null;
  return { states: states.filter((state) => state !== null), sampleTables: file.sampleTables };
}

/** The result of a sync that has nothing to do. */
export function unchanged(
  source: Pick<SyncResult, 'source' | 'snapshot'>,
  { states, sampleTables }: Untouched,
  publishedPath: string,
  started: number,
  reason = 'no transaction since the last sync',
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
    })),
    duckdb: { path: publishedPath, bytes: fs.statSync(publishedPath).size },
    seconds: secondsSince(started),
    published: false,
    warnings: [],
    heldBack: null,
    sampleTables,
  };
}
