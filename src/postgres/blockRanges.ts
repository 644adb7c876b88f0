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

/**
 * SQL of one row for each block of some ranges that has rows: the file's number, the block's, how many of its rows are not new, how
 * many it has, and their keys in one text for each column, those of new rows last.
 * @param keys SQL that makes one text of a column of the key
 * @param condition SQL that is true for rows that are new
 */
export function keysInBlocks(
  { from, oid, filenode }: Pick<Part, 'from' | 'oid' | 'filenode'>,
  ranges: readonly PageRange[],
  keys: readonly string[],
  condition: string,
): string {
  // The size as it is now: what the snapshot sees lies below it.
  const end = `(SELECT pg_relation_size('${oid}'::oid) / current_setting('block_size')::int8)`;
  const values = ranges.map((range) => `(${range.from}::int8, ${range.to === null ? end : `${range.to}::int8`})`);
  const block = 'finance_db_block.finance_db_block';
  const packed = keys.map((key, at) => {
    const of = (filter: string): string => `${key} FILTER (WHERE ${filter})`;
    return `concat_ws(chr(30), ${of(`NOT ${condition}`)}, ${of(condition)}) AS finance_db_k${at}`;
  });
  return [
    `SELECT ${filenode}, ${block}, finance_db_rows.* FROM (VALUES ${values.join(', ')}) AS finance_db_range(finance_db_from, finance_db_to)`,
    `CROSS JOIN LATERAL generate_series(finance_db_range.finance_db_from, finance_db_range.finance_db_to - 1) AS finance_db_block(finance_db_block)`,
    `CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT ${condition}), count(*) AS finance_db_all, ${packed.join(', ')} FROM ${from}`,
    `WHERE ctid >= format('(%s,0)', ${block})::tid AND ctid < format('(%s,0)', ${block} + 1)::tid) AS finance_db_rows WHERE finance_db_all > 0`,
  ].join(' ');
}
