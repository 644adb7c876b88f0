/**
 * A number of 64 bits for each row, which both databases compute alike from their own typed columns: the column `d`, a signed
 * bigint.
 */
export interface RowDigest {
  /** `SELECT d, x0, x1, … FROM …`, with further columns taken along from the table. */
  readonly postgres: (table: string, extra: readonly string[]) => string;
  readonly duckdb: (table: string, extra: readonly string[]) => string;
}
