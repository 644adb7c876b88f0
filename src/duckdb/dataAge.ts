import { isFinanceDbError } from '../errors/financeDbError.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { DuckDbReader } from './reader.ts';

/** How current the published data is. */
export interface DataAge {
  /** Whether it is the built-in sample, because nothing was ever synced. */
  readonly sample: boolean;
  /** When a sync last brought it up to date; null in a file that the tool did not write. */
  readonly syncedAt: Date | null;
}

/** Reads it from the file's own record. */
export async function readDataAge(reader: DuckDbReader): Promise<DataAge> {
  try {
    const [row] = await reader.all<{ sample: string | null; synced_at: string | null }>(
      `SELECT (SELECT max(value) FROM ${STATE_SCHEMA}.about WHERE name = 'sample') AS sample,
              (SELECT epoch_ms(max(synced_at)) FROM ${STATE_SCHEMA}.sync_state) AS synced_at`,
    );
    const syncedAt = row?.synced_at ?? null;
    return { sample: row?.sample === 'true', syncedAt: syncedAt === null ? null : new Date(Number(syncedAt)) };
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    // Another DuckDB file given with --duckdb has no such tables, and can be queried all the same.
    return { sample: false, syncedAt: null };
  }
}
