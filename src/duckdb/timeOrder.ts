import { STATE_SCHEMA } from '../model/tableName.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** Rows that DuckDB skips or reads together, by the least and the largest value of a column among them. */
const ROW_GROUP = 122_880;
/** So many groups of rows may hold a moment on an average: a full load leaves about four, what several readers bring at the same time. */
const MOST_AT_A_MOMENT = 8;

/** Rows that came to tables divided by time since these lay in its order, by this name in `about`. */
export const MOVED = 'moved';

/** SQL that keeps it. */
export function rememberMovedSql(moved: bigint): string {
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('${MOVED}', '${moved}')`;
}

/**
 * Whether what lies at one time is spread over many groups of rows, so that a month's report reads far more than the month.
 * @param table of the working copy, quoted, without a column called rowid
 * @param column a date or timestamp, quoted
 */
export async function isDisordered(
  copy: Pick<WorkingCopy, 'all'>,
  table: string,
  column: string,
  group = ROW_GROUP,
): Promise<boolean> {
  const [row] = await copy.all<{ spread: number | null }>(
    `SELECT sum(epoch(last) - epoch(first)) / (epoch(max(last)) - epoch(min(first))) AS spread
     FROM (SELECT min(${column}) AS first, max(${column}) AS last FROM ${table} WHERE isfinite(${column}) GROUP BY rowid // ${group})`,
  );
  // Nothing, or one moment only, has no spread.
  return Number(row?.spread ?? 0) > MOST_AT_A_MOMENT;
}
