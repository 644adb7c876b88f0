import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../model/identifier.ts';
import { displayName, type TableName } from '../model/tableName.ts';
import {
  columnType,
  createIndexSql,
  createTableSql,
  PARTITIONED_KEY,
  TRANSACTIONS_COLUMNS,
  TRANSACTIONS_INDEXED,
  TRANSACTIONS_KEY,
} from '../model/transactionsTable.ts';
import type { PgSession } from './session.ts';

/** What stands in the source under the table's name. */
export interface ExistingTable {
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table, S sequence … */
  readonly kind: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly key: readonly string[];
  /** Columns that lead some index. */
  readonly indexed: readonly string[];
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  c: 'a composite type',
};

/** Reads the shape from the catalogue, which every role may; null when there is nothing of that name. */
export async function findTable(session: PgSession, table: TableName): Promise<ExistingTable | null> {
  const [row] = await session.query<{ document: string }>(`
SELECT json_build_object(
  'kind', c.relkind,
  'columns', (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'key', (SELECT coalesce(json_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum)), '[]')
          FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
          WHERE i.indrelid = c.oid AND i.indisprimary),
  'indexed', (SELECT coalesce(json_agg(a.attname), '[]')
              FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
              WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL)
)::text AS document
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ${quoteLiteral(table.schema)} AND c.relname = ${quoteLiteral(table.name)}`);
  return row === undefined ? null : (JSON.parse(row.document) as ExistingTable);
}

/** How an existing table differs from the one that init makes, in words; empty when it is the same. */
export function shapeDifferences(existing: ExistingTable): string[] {
  const isTable = existing.kind === 'r' || existing.kind === 'p';
  if (!isTable) return [`expected a table, found ${KINDS[existing.kind] ?? 'something else'}`];
  const types = new Map(existing.columns.map(({ name, type }) => [name, type]));
  const differences: string[] = [];
  for (const { name, rule } of TRANSACTIONS_COLUMNS) {
    const expected = columnType(rule);
    const found = types.get(name);
    if (found === undefined) differences.push(`column "${name}" is missing (${expected})`);
    else if (found !== expected) differences.push(`column "${name}" is ${found}, expected ${expected}`);
    types.delete(name);
  }
  for (const [name, type] of types) differences.push(`column "${name}" (${type}) is not part of the table`);
  const key = existing.key.join(', ');
  const expected = [TRANSACTIONS_KEY, ...(existing.kind === 'p' ? [PARTITIONED_KEY.join(', ')] : [])];
  if (!expected.includes(key))
    differences.push(
      key === ''
        ? `there is no primary key, expected (${TRANSACTIONS_KEY})`
        : `the primary key is (${key}), expected (${expected.join(') or (')})`,
    );
  return differences;
}

/**
 * Creates the table, and its schema if that is missing.
 * @param partitioned by its time, with no partition yet
 */
export async function createTable(session: PgSession, table: TableName, partitioned = false): Promise<void> {
  const [schema] = await session.query(`SELECT 1 FROM pg_namespace WHERE nspname = ${quoteLiteral(table.schema)}`);
  if (schema === undefined) await session.query(`CREATE SCHEMA ${quoteIdentifier(table.schema)}`);
  await session.query(createTableSql(table, partitioned));
}

/**
 * Creates the indexes that are missing: those of columns that lead no index yet.
 * @returns the columns that were indexed
 */
export async function createIndexes(
  session: PgSession,
  table: TableName,
  indexed: readonly string[],
): Promise<string[]> {
  const missing = TRANSACTIONS_INDEXED.filter((column) => !indexed.includes(column));
  for (const column of missing) await session.query(createIndexSql(table, column));
  return missing;
}

/**
 * Makes the table with its indexes where there is none, within the caller's transaction.
 * @throws FinanceDbError PG_TABLE_SHAPE listing how an existing one differs
 */
export async function ensureTransactions(session: PgSession, table: TableName): Promise<void> {
  const existing = await findTable(session, table);
  if (existing !== null) {
    const differences = shapeDifferences(existing);
    if (differences.length > 0) throw otherShape(session.where, table, differences);
    return;
  }
  await createTable(session, table);
  await createIndexes(session, table, []);
}

/** What is said of a table that has the name and not the columns. */
export function otherShape(where: string, table: TableName, differences: readonly string[]): FinanceDbError {
  const name = displayName(table);
  return new FinanceDbError(
    'PG_TABLE_SHAPE',
    `${name} exists in ${where} with another shape:\n${differences.map((text) => `  - ${text}`).join('\n')}`,
    {
      remedy: 'use another database, rename that table, or drop it and its rows with `finance-db init --reset --yes`',
      details: { table: name, differences },
    },
  );
}
