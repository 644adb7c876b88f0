import type { PageRange } from '../model/pageRanges.ts';
import type { Part } from '../model/parts.ts';

/** No page has this number. */
export const BEYOND_LAST_PAGE = 4_294_967_295;

/**
 * SQL of the rows of a part that lie in some ranges of its blocks. One range after the other within one query: of several joined by
 * OR, PostgreSQL would read the whole table. And it would do so for each range, if it made one join of both queries: OFFSET keeps it from that.
 * @param list what is selected, as SQL
 * @param condition SQL that is true for the rows wanted; null for all
 */
export function rowsInRanges(
  { from }: Pick<Part, 'from'>,
  ranges: readonly PageRange[],
  list: string,
  condition: string | null,
): string {
  const values = ranges.map((range) => `(${range.from}::int8, ${range.to ?? BEYOND_LAST_PAGE}::int8)`);
  // By names that no column will have: inside, the table's columns come first.
  const range = 'finance_db_range';
  const and = condition === null ? '' : ` AND ${condition}`;
  return [
    `SELECT finance_db_rows.* FROM (VALUES ${values.join(', ')}) AS ${range}(finance_db_from, finance_db_to)`,
    `CROSS JOIN LATERAL (SELECT ${list} FROM ${from}`,
    `WHERE ctid >= format('(%s,0)', ${range}.finance_db_from)::tid AND ctid < format('(%s,0)', ${range}.finance_db_to)::tid${and} OFFSET 0) AS finance_db_rows`,
  ].join(' ');
}
