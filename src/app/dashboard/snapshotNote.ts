import { readDataAge } from '../../duckdb/dataAge.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import type { SampleTable } from '../../model/sampleRows.ts';
import { STATE_SCHEMA } from '../../model/tableName.ts';

/** The DuckDB file that an answer was made from. */
export interface SnapshotNote {
  /** Names this very file: another one has another id, and the same file has the same after a restart. */
  readonly id: string;
  /** PostgreSQL's snapshot of the newest sync in it; null for the sample and for files of others. */
  readonly source: string | null;
  readonly sample: boolean;
  readonly sampleTables: readonly SampleTable[];
  /** When a sync last changed it. */
  readonly syncedAt: Date | null;
  /** The newest receipt in the file; null when nobody validated it. */
  readonly proof: Proof | null;
}

/** What a validation found. */
export interface Proof {
  /** equal, lagging or damaged. */
  readonly outcome: string;
  readonly validatedAt: Date;
  /** The command: validate, sync --validate … */
  readonly how: string;
}

/** Reads what the file says of itself. */
export async function readSnapshotNote(reader: DuckDbReader, id: string): Promise<SnapshotNote> {
  const { sample, sampleTables, syncedAt } = await readDataAge(reader);
  const [newest] = await rowsIfThere<{ snapshot: string }>(
    reader,
    `SELECT snapshot FROM ${STATE_SCHEMA}.sync_state ORDER BY synced_at DESC LIMIT 1`,
  );
  const [receipt] = await rowsIfThere<{ outcome: string; how: string; at: string }>(
    reader,
    `SELECT outcome, how, epoch_ms(validated_at) AS at FROM ${STATE_SCHEMA}.validations ORDER BY validated_at DESC LIMIT 1`,
  );
  return {
    id,
    source: sample ? null : (newest?.snapshot ?? null),
    sample,
    sampleTables,
    syncedAt,
    proof:
      receipt === undefined
        ? null
        : { outcome: receipt.outcome, how: receipt.how, validatedAt: new Date(Number(receipt.at)) },
  };
}

/** A file of another program has none of our tables, and one that nobody validated no receipts. */
async function rowsIfThere<T>(reader: DuckDbReader, sql: string): Promise<T[]> {
  try {
    return await reader.all<T>(sql);
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    return [];
  }
}
