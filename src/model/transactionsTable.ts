import { quoteIdentifier } from './identifier.ts';
import { postgresTable, type TableName } from './tableName.ts';

/** What a column may hold, as far as text can be checked without the server. */
export type ColumnRule =
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'boolean' };

export interface TransactionsColumn {
  readonly name: string;
  readonly rule: ColumnRule;
  /** SQL of the default, if any. */
  readonly default?: string;
}

const text = (maxLength: number): ColumnRule => ({ kind: 'text', maxLength });
const MONEY: ColumnRule = { kind: 'decimal', precision: 15, scale: 2 };
const TIMESTAMP: ColumnRule = { kind: 'timestamp' };

/** The columns of `transactions`, in order: the one place that says what the table looks like. */
export const TRANSACTIONS_COLUMNS = [
  { name: 'tx_id', rule: text(50) },
  { name: 'timestamp', rule: TIMESTAMP },
  { name: 'amount', rule: MONEY },
  { name: 'currency', rule: text(3) },
  { name: 'merchant', rule: text(255) },
  { name: 'mcc', rule: text(4) },
  { name: 'account_id', rule: text(50) },
  { name: 'city', rule: text(100) },
  { name: 'state', rule: text(2) },
  { name: 'channel', rule: text(20) },
  { name: 'category', rule: text(50) },
  { name: 'subcategory', rule: text(50) },
  { name: 'is_recurring', rule: { kind: 'boolean' } },
  { name: 'normalized_amount', rule: MONEY },
  { name: 'created_at', rule: TIMESTAMP, default: 'CURRENT_TIMESTAMP' },
] as const satisfies readonly TransactionsColumn[];

export type TransactionsColumnName = (typeof TRANSACTIONS_COLUMNS)[number]['name'];

/** One row: a text or null for each of TRANSACTIONS_COLUMNS, in that order. */
export type TransactionsRow = readonly (string | null)[];

export const TRANSACTIONS_KEY = 'tx_id';
/** What a partitioned table is divided by. PostgreSQL wants it in every unique key. */
export const PARTITION_COLUMN = 'timestamp';
export const PARTITIONED_KEY: readonly string[] = [TRANSACTIONS_KEY, PARTITION_COLUMN];
export const TRANSACTIONS_INDEXED = ['timestamp', 'merchant', 'category'] as const;
export const TRANSACTIONS_NAMES: readonly string[] = TRANSACTIONS_COLUMNS.map((column) => column.name);

/** The type as PostgreSQL's format_type() writes it, so that it can be compared with the catalogue. */
export function columnType(rule: ColumnRule): string {
  switch (rule.kind) {
    case 'text':
      return `character varying(${rule.maxLength})`;
    case 'decimal':
      return `numeric(${rule.precision},${rule.scale})`;
    case 'timestamp':
      return 'timestamp without time zone';
    case 'boolean':
      return 'boolean';
  }
}

/**
 * CREATE TABLE with the key and without the other indexes: those are cheaper to build after loading.
 * @param partitioned by range of its time, with no partition yet
 */
export function createTableSql(table: TableName, partitioned = false): string {
  const lines = TRANSACTIONS_COLUMNS.map((column: TransactionsColumn) => {
    const fallback = column.default === undefined ? '' : ` DEFAULT ${column.default}`;
    return `  ${quoteIdentifier(column.name)} ${columnType(column.rule)}${fallback}`;
  });
  const key = partitioned ? PARTITIONED_KEY : [TRANSACTIONS_KEY];
  lines.push(`  PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`);
  const division = partitioned ? ` PARTITION BY RANGE (${quoteIdentifier(PARTITION_COLUMN)})` : '';
  return `CREATE TABLE ${postgresTable(table)} (\n${lines.join(',\n')}\n)${division}`;
}

/** `idx_transactions_merchant`: PostgreSQL's index names are per schema, so they carry the table's. */
export function indexName(table: TableName, column: string): string {
  return `idx_${table.name}_${column}`;
}

export function createIndexSql(table: TableName, column: string): string {
  return `CREATE INDEX ${quoteIdentifier(indexName(table, column))} ON ${postgresTable(table)} (${quoteIdentifier(column)})`;
}
