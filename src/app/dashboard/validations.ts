import type { DuckDbReader } from '../../duckdb/reader.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { STATE_SCHEMA } from '../../model/tableName.ts';

/** What one validation found in one table, as it is kept in the file. Whole numbers are text. */
export interface StoredReceipt {
  readonly validated_at: string;
  readonly outcome: string;
  readonly how: string;
  readonly snapshot: string;
  readonly table_name: string;
  readonly table_outcome: string;
  readonly postgres_rows: string;
  readonly duckdb_rows: string;
  readonly lag_changed: string;
  readonly lag_deleted: string;
  readonly missing: string;
  readonly extra: string;
  readonly different: string;
  readonly postgres_digest: string | null;
  readonly duckdb_digest: string | null;
  readonly problem: string | null;
  readonly seconds: number;
}

/** The newest receipts in the file. */
export async function readValidations(reader: DuckDbReader, limit: number): Promise<StoredReceipt[]> {
  try {
    return await reader.all<StoredReceipt>(
      `SELECT strftime(validated_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS validated_at, outcome, how, snapshot, table_name, table_outcome,
  postgres_rows, duckdb_rows, lag_changed, lag_deleted, missing, extra, different, postgres_digest, duckdb_digest, problem, seconds
FROM ${STATE_SCHEMA}.validations ORDER BY validations.validated_at DESC, table_name LIMIT ${limit}`,
    );
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    // Nobody has validated it yet.
    return [];
  }
}
