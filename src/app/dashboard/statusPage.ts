import type { Config } from '../../config/config.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { STATE_SCHEMA } from '../../model/tableName.ts';
import { type Status, status } from '../status.ts';

/** A receipt of one table. */
export interface ReceiptRow {
  readonly validated_at: string;
  readonly how: string;
  readonly table_name: string;
  readonly table_outcome: string;
  readonly postgres_rows: string;
  readonly duckdb_rows: string;
  readonly lag: string;
  readonly damage: string;
  readonly digest: string | null;
  readonly seconds: number;
}

export interface StatusView {
  /** Null where looking took too long. */
  readonly status: Status | null;
  readonly receipts: readonly ReceiptRow[];
}

/** How long PostgreSQL is waited for: what the file says of itself is shown in any case. */
const PATIENCE_MS = 5000;
const MOST_RECEIPTS = 20;

/** Both sides, and the newest receipts. */
export async function readStatusPage(
  reader: DuckDbReader,
  config: Config,
  now: Date,
  signal: AbortSignal,
): Promise<StatusView> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const looked = await status(config, now, AbortSignal.any([signal, patience])).catch((error: unknown) => {
    if (patience.aborted && !signal.aborted) return null;
    throw error;
  });
  return { status: looked, receipts: await readReceipts(reader) };
}

/** A file that nobody validated has none. */
async function readReceipts(reader: DuckDbReader): Promise<ReceiptRow[]> {
  try {
    return await reader.all<ReceiptRow>(`SELECT strftime(validated_at::TIMESTAMP, '%Y-%m-%d %H:%M:%S') AS validated_at, how, table_name, table_outcome, postgres_rows, duckdb_rows,
  lag_changed + lag_deleted AS lag, missing + extra + "different" AS damage, duckdb_digest AS digest, seconds
FROM ${STATE_SCHEMA}.validations
ORDER BY validations.validated_at DESC, table_name
LIMIT ${MOST_RECEIPTS}`);
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    return [];
  }
}
