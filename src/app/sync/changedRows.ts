import type { Currencies } from '../../analytics/baseCurrency.ts';
import { createStagingSql } from '../../duckdb/loader.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { readCurrencies } from './baseCurrency.ts';
import { copyRows, type LoadContext, type PartRows } from './fullLoad.ts';

/** What an incremental sync did, or why the table must be loaded in full instead. */
export type IncrementalOutcome =
  | {
      readonly kind: 'applied';
      readonly rows: PartRows;
      readonly upserted: bigint;
      readonly deleted: bigint;
      /** What the rows that were put in say of the currency of normalized amounts; null where nothing can be told. */
      readonly arrived: Currencies | null;
      /** Rows that come to the file from now on have this number in DuckDB, or a later one; null when no places are known. */
      readonly tail: bigint | null;
    }
  | { readonly kind: 'full'; readonly reason: string };

/** When more than a quarter changed, a full load costs less; small tables are not worth the thought. */
const FULL_SHARE = 4n;
const FULL_LEAST = 20_000n;

/** With more changed rows than this a table is loaded in full. */
export function mostChanged({ rows }: TableState): bigint {
  return rows / FULL_SHARE > FULL_LEAST ? rows / FULL_SHARE : FULL_LEAST;
}

/** Staging tables are temporary: DuckDB lets one transaction write to one database, and to temporary tables. */
const DELTA_NAME = 'finance_db_delta';
export const DELTA = `temp.main.${DELTA_NAME}`;

/**
 * Fetches the changed rows and puts them in the place of those with the same keys, by a look at all keys of the target.
 * @param queries SQL of them, each of one in one query
 * @param changed how many they are
 * @returns what they say of the currency of normalized amounts
 */
export async function putChanged(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  queries: readonly string[],
  changed: bigint,
): Promise<Currencies | null> {
  await fetchChanged(context, source, columns, queries, changed);
  await deleteReplaced(context, source, columns);
  return insertChanged(context, source, columns);
}

/** Fetches the changed rows into DELTA. @throws FinanceDbError INTERNAL when they are not so many as were counted */
export async function fetchChanged(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  queries: readonly string[],
  changed: bigint,
): Promise<void> {
  const { copy } = context;
  await copy.run(`DROP TABLE IF EXISTS ${DELTA}`);
  await copy.run(createStagingSql(DELTA_NAME, columns));
  const read = await copyRows(
    context,
    { into: DELTA, displayName: displayName(source.table), columns, key: source.key },
    queries,
  );
  if (read !== changed)
    throw new FinanceDbError('INTERNAL', `${displayName(source.table)}: ${changed} rows had changed, and ${read} came`);
}

/** Deletes the rows that those of DELTA replace, wherever they are. */
export async function deleteReplaced(
  { copy }: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): Promise<void> {
  const key = keyColumns(source, columns);
  await copy.run(`DELETE FROM ${duckdbTable(source.table)} AS t USING ${DELTA} AS d WHERE ${sameKey(key, 't', 'd')}`);
}

/** Puts the rows of DELTA into the target, and drops it. @returns what they say of the currency of normalized amounts */
export async function insertChanged(
  { copy }: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): Promise<Currencies | null> {
  const stored = columns.map(({ name, duckdbType }) => ({ name, type: duckdbType }));
  const arrived = await readCurrencies(copy, DELTA, stored);
  await copy.run(`INSERT INTO ${duckdbTable(source.table)} SELECT * FROM ${DELTA}`);
  await copy.run(`DROP TABLE ${DELTA}`);
  return arrived;
}

/** How many rows a table of the working copy has. */
export async function targetCount(copy: WorkingCopy, target: string): Promise<bigint> {
  const [row] = await copy.all<{ count: string }>(`SELECT count(*)::VARCHAR AS count FROM ${target}`);
  return BigInt(row?.count ?? '0');
}

/** The columns of the key, in the order of the table's. */
export function keyColumns(source: SourceTable, columns: readonly ColumnMapping[]): ColumnMapping[] {
  return columns.filter((column) => source.key?.includes(column.name));
}

/** SQL that is true where the keys of two rows are the same. */
export function sameKey(key: readonly ColumnMapping[], left: string, right: string): string {
  return key
    .map((column) => `${left}.${quoteIdentifier(column.name)} = ${right}.${quoteIdentifier(column.name)}`)
    .join(' AND ');
}
