import { canonicalValue, outputOf } from '../../model/canonical.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { hidesRowid, rowsOf } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { CheckContext, Difference } from './result.ts';
import { DIFFERENCES, jsonArray, keyColumns, keyText, placeCondition, type UnequalBuckets } from './rowNames.ts';

interface DifferenceRow {
  readonly kind: Difference['kind'];
  readonly loc: string | null;
  /** The row in DuckDB: its rowid, or its key where a column hides that; null when there is none. */
  readonly row: string | null;
}

/** Each column twice: canonical, for comparing, and as the database writes it, for people. */
type ShownRow = Record<string, string | null>;

/**
 * Names the first differences: key, column and both values.
 * @param withLag whether extra rows that may be deleted ones are to be shown too
 */
export async function showDifferences(
  context: CheckContext,
  unequal: UnequalBuckets,
  withLag: boolean,
): Promise<Difference[]> {
  const { source, columns } = unequal;
  const rows = await context.copy.all<DifferenceRow>(
    `SELECT kind, loc, CASE WHEN rid IS NOT NULL THEN ${hidesRowid(source) ? marked('kc') : 'rid::VARCHAR'} END AS row FROM ${DIFFERENCES} WHERE NOT lag${withLag ? " OR kind = 'extra'" : ''} ORDER BY kind, kc, rid LIMIT ${context.limit}`,
  );
  const theirs = await fetchTheirs(context, unequal, rows);
  const ours = await fetchOurs(context, unequal, rows);
  const examples: Difference[] = [];
  const key = keyColumns(source, columns);
  for (const row of rows) {
    const [a, b] = [
      row.loc === null ? undefined : theirs.get(row.loc),
      row.row === null ? undefined : ours.get(row.row),
    ];
    const shown = keyOf(key, columns, a ?? b);
    if (row.kind !== 'different' || a === undefined || b === undefined) {
      const whole = (side: ShownRow | undefined): string | null => (side === undefined ? null : rowText(columns, side));
      examples.push({ kind: row.kind, key: shown, column: null, postgres: whole(a), duckdb: whole(b) });
      continue;
    }
    for (const [index, column] of columns.entries())
      if (a[`c${index}`] !== b[`c${index}`])
        examples.push({
          kind: row.kind,
          key: shown,
          column: column.name,
          postgres: a[`d${index}`] ?? null,
          duckdb: b[`d${index}`] ?? null,
        });
  }
  return examples.slice(0, context.limit);
}

async function fetchTheirs(
  context: CheckContext,
  { source, columns }: UnequalBuckets,
  rows: readonly DifferenceRow[],
): Promise<Map<string, ShownRow>> {
  const places = rows.flatMap((row) => (row.loc === null ? [] : [row.loc]));
  // A view's row stands for itself and has no place to look it up at.
  if (places.length === 0 || source.kind === 'v' || source.otherStorage !== null) return new Map();
  const names = columns.map((column) => quoteIdentifier(column.name));
  const canonical = columns.map((column, index) => canonicalValue(column, names[index] ?? '', '').postgres);
  // Arrays, since a target list may have no more than 1,664 entries.
  const found = await context.snapshot.session.query<{ loc: string; c: string; d: string }>(
    `SELECT concat(tableoid, ctid) AS loc, ${jsonArray(canonical)} AS c, ${jsonArray(names.map(outputOf))} AS d FROM ${rowsOf(source)} WHERE ${placeCondition(places)}`,
  );
  return new Map(found.map((row) => [row.loc, { ...named('c', row.c), ...named('d', row.d) }]));
}

function named(letter: string, array: string): ShownRow {
  const values = JSON.parse(array) as (string | null)[];
  return Object.fromEntries(values.map((value, index) => [`${letter}${index}`, value]));
}

async function fetchOurs(
  context: CheckContext,
  { source, columns }: UnequalBuckets,
  rows: readonly DifferenceRow[],
): Promise<Map<string, ShownRow>> {
  const wanted = rows.flatMap(({ row }) => (row === null ? [] : [row]));
  if (wanted.length === 0) return new Map();
  const list = columns.map((column, index) => {
    const name = quoteIdentifier(column.name);
    return `${marked(canonicalValue(column, name, name).duckdb)} AS c${index}, ${marked(`${name}::VARCHAR`)} AS d${index}`;
  });
  const hidden = hidesRowid(source);
  const place = hidden ? marked(keyText({ source, columns }).duckdb) : 'rowid';
  const places = hidden ? wanted.map(quoteLiteral) : wanted;
  const found = await context.copy.all<ShownRow>(
    `SELECT ${place}::VARCHAR AS row, ${list.join(', ')} FROM ${duckdbTable(source.table)} WHERE ${place} IN (${places.join(', ')})`,
  );
  return new Map(found.map(({ row, ...values }) => [row ?? '', withoutMark(values)]));
}

/** The driver drops a byte order mark that begins a text, so something else must. */
function marked(text: string): string {
  return `'=' || (${text})`;
}

function withoutMark(row: ShownRow): ShownRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value?.slice(1) ?? null]));
}

function keyOf(
  key: readonly ColumnMapping[],
  columns: readonly ColumnMapping[],
  row: ShownRow | undefined,
): Difference['key'] {
  const [first] = key;
  if (first === undefined || row === undefined) return null;
  const value = (column: ColumnMapping): string | null => row[`d${columns.indexOf(column)}`] ?? null;
  if (key.length === 1) return value(first);
  return Object.fromEntries(key.map((column) => [column.name, value(column)]));
}

function rowText(columns: readonly ColumnMapping[], row: ShownRow): string {
  return JSON.stringify(Object.fromEntries(columns.map((column, index) => [column.name, row[`d${index}`] ?? null])));
}
