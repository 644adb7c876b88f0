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

/** What the last sync that changed a table did with it. */
export interface SyncRow {
  readonly table_name: string;
  readonly rows: string;
  readonly synced_at: string;
  readonly mode: string;
  readonly reason: string;
  readonly upserted: string;
  readonly deleted: string;
  readonly seconds: number;
}

export interface StatusView {
  /** Null where looking took too long. */
  readonly status: Status | null;
  readonly syncs: Stated<SyncRow>;
  readonly receipts: Stated<ReceiptRow>;
}

/** What the file says, and the SQL that reads it. */
export interface Stated<Row> {
  readonly rows: readonly Row[];
  readonly sql: string;
}

/** How long PostgreSQL is waited for: what the file says of itself is shown in any case. */
const PATIENCE_MS = 5000;
const MOST_RECEIPTS = 20;

/** Both sides, what the last syncs did, and the newest receipts. */
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
  return { status: looked, syncs: await stated(reader, SYNCS_SQL), receipts: await stated(reader, RECEIPTS_SQL) };
}

const SYNCS_SQL = `SELECT CASE WHEN table_schema = 'public' THEN table_name ELSE table_schema || '.' || table_name END AS table_name, row_count AS "rows",
  strftime(synced_at::TIMESTAMP, '%Y-%m-%d %H:%M:%S') AS synced_at, mode, reason, upserted, deleted, seconds
FROM ${STATE_SCHEMA}.sync_state
ORDER BY sync_state.synced_at DESC, table_name`;

const RECEIPTS_SQL = `SELECT strftime(validated_at::TIMESTAMP, '%Y-%m-%d %H:%M:%S') AS validated_at, how, table_name, table_outcome, postgres_rows, duckdb_rows,
  lag_changed + lag_deleted AS lag, missing + extra + "different" AS damage, duckdb_digest AS digest, seconds
FROM ${STATE_SCHEMA}.validations
ORDER BY validations.validated_at DESC, table_name
LIMIT ${MOST_RECEIPTS}`;

/** A file of another program has none of our tables, and one that nobody validated no receipts. */
async function stated<Row>(reader: DuckDbReader, sql: string): Promise<Stated<Row>> {
  try {
    return { rows: await reader.all<Row>(sql), sql };
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    return { rows: [], sql };
  }
}
