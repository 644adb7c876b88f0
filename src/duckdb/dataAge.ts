import { isFinanceDbError } from '../errors/financeDbError.ts';
import type { SampleTable } from '../model/sampleRows.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import { lastCheck } from './lastCheck.ts';
import type { DuckDbReader } from './reader.ts';
import { toSampleTables } from './sampleTables.ts';
import { readAbout } from './syncState.ts';

/** How current the published data is, and whether it is real. */
export interface DataAge {
  /** Whether it is the built-in sample, because nothing was ever synced. */
  readonly sample: boolean;
  /** Synced tables with sample rows that `init` put into PostgreSQL. */
  readonly sampleTables: readonly SampleTable[];
  /** When a sync last changed it; null in a file that the tool did not write. */
  readonly syncedAt: Date | null;
  /** When a sync last compared it with PostgreSQL, whether it found something to do or not; null when that is not known. */
  readonly checkedAt: Date | null;
}

/** Reads it from the file's own record, and the note beside it. */
export async function readDataAge(reader: DuckDbReader): Promise<DataAge> {
  try {
    const about = await readAbout(reader);
    const [row] = await reader.all<{ synced_at: string | null }>(
      `SELECT epoch_ms(max(synced_at)) AS synced_at FROM ${STATE_SCHEMA}.sync_state`,
    );
    const syncedAt = row?.synced_at ?? null;
    return {
      sample: about.get('sample') === 'true',
      sampleTables: toSampleTables(about),
      syncedAt: syncedAt === null ? null : new Date(Number(syncedAt)),
      checkedAt: lastCheck(reader.path),
    };
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    // Another DuckDB file given with --duckdb has no such tables, and can be queried all the same.
    return { sample: false, sampleTables: [], syncedAt: null, checkedAt: null };
  }
}
