import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { monthColumn, monthSql, monthStart, NO_TIME, unitOfMonth, WHOLE } from '../../lake/months.ts';
import type { StateColumn, UnitState } from '../../lake/state.ts';
import { canonicalValue } from '../../model/canonical.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { displayName } from '../../model/tableName.ts';
import type { TypeFamily } from '../../model/typeMapping.ts';
import type { RowSource } from './source.ts';

/** A part of a table that is written as a whole. */
export interface Unit extends UnitState {
  readonly name: string;
  /** Months since 1970; null for rows without a time, undefined where there are no months. */
  readonly month: number | null | undefined;
  /** SQL that is true for its rows. */
  readonly where: string;
  /** The leaf whose rows these are, as folders are called; left out where months are all that there is. */
  readonly leaf?: string;
}

/** Types of which DuckDB's hash takes some different values for the same: 0 and -0, a month and 30 days. */
const CANONICAL: readonly string[] = ['float4', 'float8', 'interval', 'timetz', 'time', 'list'];

/**
 * The months of a table with a digest of their rows each: the sums and the exclusive-or of a 64-bit hash over all columns. Two
 * states of a month have the same by chance with a probability of about 2^-64 at the most.
 * @param months which ones, by their names in a record; all when left out
 * @throws FinanceDbError VALUE_REFUSED for an infinite time, which Parquet does not know
 */
export async function readUnits(
  copy: Pick<WorkingCopy, 'all'>,
  source: RowSource,
  months?: readonly string[],
): Promise<Unit[]> {
  if (months?.length === 0) return [];
  const time = monthColumn(source.columns);
  const month = time === null ? 'NULL' : monthSql(quoteIdentifier(time.name));
  const hash = `hash(${source.columns.map(hashed).join(', ')})`;
  const infinite = infiniteTimes(source.columns);
  const isInfinite =
    infinite.length === 0 ? 'false' : infinite.map(({ sql }) => `coalesce(${sql}, false)`).join(' OR ');
  const rows = await copy.all<{ month: string | null; n: string; digest: string; infinite: boolean }>(
    `SELECT (${month})::VARCHAR AS month, count(*)::VARCHAR AS n, concat(sum(h), '-', bit_xor(h)) AS digest, bool_or(i) AS infinite FROM (SELECT ${time === null ? '' : `${quoteIdentifier(time.name)}, `}${hash} AS h, ${isInfinite} AS i FROM ${source.from}${months === undefined ? '' : ` WHERE ${months.map((name) => monthNamed(source, name).where).join(' OR ')}`}) AS hashed GROUP BY 1`,
  );
  if (rows.some((row) => row.infinite)) throw await namedInfinity(copy, source, infinite);
  return rows.map((row) => ({
    ...monthNamed(source, time === null ? WHOLE : (row.month ?? NO_TIME)),
    ...{ rows: row.n, digest: row.digest },
  }));
}

/** A month by its name in a record (model/monthRecord.ts). */
export function monthNamed({ columns }: Pick<RowSource, 'columns'>, month: string): Omit<Unit, keyof UnitState> {
  const time = monthColumn(columns);
  if (time === null) return { name: WHOLE, month: undefined, where: 'true' };
  const number = month === NO_TIME ? null : Number(month);
  return { name: unitOfMonth(number), month: number, where: inMonth(time, number) };
}

function hashed({ name, family, duckdbType, postgresType }: StateColumn): string {
  const column = quoteIdentifier(name);
  if (!CANONICAL.includes(family)) return column;
  if (family !== 'list') {
    const typed = { family: family as TypeFamily, duckdbType, postgresType };
    return canonicalValue(typed, column, column).duckdb;
  }
  // The text of a list tells its elements apart well enough, but for floats, whose shortest digits do that too.
  return `${column}::VARCHAR`;
}

function inMonth({ name, duckdbType }: StateColumn, month: number | null): string {
  const column = quoteIdentifier(name);
  if (month === null) return `${column} IS NULL`;
  return `${column} >= ${monthStart(month, duckdbType)} AND ${column} < ${monthStart(month + 1, duckdbType)}`;
}

/** Columns that can hold an infinite time, with SQL that tells whether one does. */
function infiniteTimes(columns: readonly StateColumn[]): { name: string; sql: string }[] {
  return columns.flatMap(({ name, duckdbType }) => {
    const column = quoteIdentifier(name);
    const isTime = /^(DATE|TIMESTAMP|TIMESTAMPTZ)(\[\])?$/.test(duckdbType);
    if (!isTime) return [];
    if (!duckdbType.endsWith('[]')) return [{ name, sql: `isinf(${column})` }];
    return [{ name, sql: `len(list_filter(${column}, lambda e: isinf(e))) > 0` }];
  });
}

async function namedInfinity(
  copy: Pick<WorkingCopy, 'all'>,
  source: RowSource,
  infinite: readonly { name: string; sql: string }[],
): Promise<FinanceDbError> {
  const table = displayName(source.table);
  const key = source.key ?? [];
  for (const { name, sql } of infinite) {
    const keys = key.map((column, index) => `, ${quoteIdentifier(column)}::VARCHAR AS k${index}`).join('');
    const [row] = await copy.all<Record<string, string | null>>(
      `SELECT ${quoteIdentifier(name)}::VARCHAR AS value${keys} FROM ${source.from} WHERE ${sql} LIMIT 1`,
    );
    if (row === undefined) continue;
    const where =
      key.length === 0
        ? 'a row (the table has no key)'
        : `key ${key.map((column, index) => `${column}=${row[`k${index}`]}`).join(', ')}`;
    return new FinanceDbError(
      'VALUE_REFUSED',
      `${table}.${name}, ${where}: ${row['value']} has no form in Parquet that every engine reads as infinite`,
      {
        remedy: 'correct the row, or publish a view in which the column is text; nothing was published to the lake',
        details: { table, column: name, value: row['value'] },
      },
    );
  }
  return new FinanceDbError('VALUE_REFUSED', `${table} holds an infinite time, which Parquet does not know`);
}
