import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { WorkingCopy } from './workingCopy.ts';

const RECEIPTS = `${STATE_SCHEMA}.validations`;

/** What validations found, kept in the file that they looked at: a row for each validation and table. */
export const RECEIPTS_DDL = [
  `CREATE SCHEMA IF NOT EXISTS ${STATE_SCHEMA}`,
  `CREATE TABLE IF NOT EXISTS ${RECEIPTS} (
    validated_at TIMESTAMPTZ NOT NULL, outcome VARCHAR NOT NULL, how VARCHAR NOT NULL, snapshot VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL, table_outcome VARCHAR NOT NULL, postgres_rows BIGINT NOT NULL, duckdb_rows BIGINT NOT NULL,
    lag_changed BIGINT NOT NULL, lag_deleted BIGINT NOT NULL,
    missing BIGINT NOT NULL, extra BIGINT NOT NULL, different BIGINT NOT NULL,
    buckets INTEGER NOT NULL, postgres_digest VARCHAR, duckdb_digest VARCHAR, problem VARCHAR,
    seconds DOUBLE NOT NULL, tool_version VARCHAR NOT NULL
  )`,
];

export interface Receipt {
  /** ISO text with Z. */
  readonly validatedAt: string;
  /** Of the whole validation: equal, lagging or damaged. */
  readonly outcome: string;
  /** The command: validate, validate --quick, validate --repair, sync --validate. */
  readonly how: string;
  readonly snapshot: string;
  readonly table: string;
  readonly tableOutcome: string;
  readonly postgresRows: bigint;
  readonly duckdbRows: bigint;
  readonly lag: { readonly changed: bigint; readonly deleted: bigint };
  readonly damage: { readonly missing: bigint; readonly extra: bigint; readonly different: bigint };
  readonly buckets: number;
  /** 16 hexadecimal digits, good for this validation alone; null when only counts and sums were compared. */
  readonly digest: { readonly postgres: string; readonly duckdb: string } | null;
  readonly problem: string | null;
  readonly seconds: number;
  readonly toolVersion: string;
}

/** Receipts as text, for whoever holds the file. */
export function receiptsJson(receipts: readonly Receipt[]): string {
  return JSON.stringify(receipts, (_name, value: unknown) =>
    typeof value === 'bigint' ? { bigint: String(value) } : value,
  );
}

/** @throws SyntaxError for what is no text of `receiptsJson` */
export function parseReceipts(text: string): Receipt[] {
  const isBigint = (value: unknown): value is { readonly bigint: string } =>
    typeof value === 'object' && value !== null && 'bigint' in value;
  return JSON.parse(text, (_name, value: unknown) => (isBigint(value) ? BigInt(value.bigint) : value)) as Receipt[];
}

/** More than anyone reads; a validation each hour fills it in six weeks. */
const MOST_RECEIPTS = 1000;

/** Adds receipts to an open file. */
export async function writeReceipts(copy: Pick<WorkingCopy, 'run'>, receipts: readonly Receipt[]): Promise<void> {
  for (const statement of RECEIPTS_DDL) await copy.run(statement);
  if (receipts.length > 0) await copy.run(`INSERT INTO ${RECEIPTS} VALUES ${receipts.map(valuesOf).join(', ')}`);
  await copy.run(
    `DELETE FROM ${RECEIPTS} WHERE rowid NOT IN (SELECT rowid FROM ${RECEIPTS} ORDER BY validated_at DESC LIMIT ${MOST_RECEIPTS})`,
  );
}

/** Takes the receipts of an older file along into a new one; an older file without any is no error. */
export async function carryReceipts(copy: WorkingCopy, olderFile: string): Promise<void> {
  try {
    await copy.run(`ATTACH ${quoteLiteral(olderFile)} AS finance_db_older (READ_ONLY)`);
  } catch {
    return;
  }
  try {
    const found = await copy.all(
      `SELECT 1 AS found FROM duckdb_tables() WHERE database_name = 'finance_db_older' AND schema_name = '${STATE_SCHEMA}' AND table_name = 'validations'`,
    );
    if (found.length === 0) return;
    for (const statement of RECEIPTS_DDL) await copy.run(statement);
    await copy.run(`INSERT INTO ${RECEIPTS} SELECT * FROM finance_db_older.${RECEIPTS}`);
  } finally {
    await copy.run('DETACH finance_db_older');
  }
}

function valuesOf(receipt: Receipt): string {
  const text = (value: string | null | undefined): string => (value == null ? 'NULL' : quoteLiteral(value));
  const { lag, damage, digest } = receipt;
  const values = [
    text(receipt.validatedAt),
    text(receipt.outcome),
    text(receipt.how),
    text(receipt.snapshot),
    text(receipt.table),
    text(receipt.tableOutcome),
    receipt.postgresRows,
    receipt.duckdbRows,
    lag.changed,
    lag.deleted,
    damage.missing,
    damage.extra,
    damage.different,
    receipt.buckets,
    text(digest?.postgres),
    text(digest?.duckdb),
    text(receipt.problem),
    receipt.seconds.toFixed(3),
    text(receipt.toolVersion),
  ];
  return `(${values.join(', ')})`;
}
