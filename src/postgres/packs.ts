import { MOST_PLACES_OF_PACK, PACK_PAGES } from '../model/packs.ts';
import type { Cut, Part } from '../model/parts.ts';
import { BEYOND_LAST_PAGE } from './blockRanges.ts';

/** What is asked of each pack. */
export interface PackQuestion {
  /** SQL that is true for changed rows; null when nobody asks. */
  readonly changed: string | null;
  /** SQL that makes one text of the keys of a part; null where nobody asks. */
  keysOf(part: Part): string | null;
}

/**
 * SQL of one row for each pack of some pieces of parts: part, page, end, rows, changed, places, keys. One query for many packs,
 * so that PostgreSQL is at work on the next one while the last is on its way.
 */
export function packsSql(parts: readonly Part[], cuts: readonly Cut[], question: PackQuestion): string {
  const pieces = cuts.flatMap((cut) => {
    const part = parts[cut.part];
    return part === undefined ? [] : [packsOf(part, cut, question)];
  });
  return pieces.join(' UNION ALL ');
}

function packsOf(part: Part, cut: Cut, { changed, keysOf }: PackQuestion): string {
  const range = cut.range ?? { from: 0, to: null };
  const from = `${range.from}::int8`;
  const to = `${range.to ?? Math.max(part.pages, 1)}::int8`;
  // Qualified, and by a name that no column will have: inside, the table's columns come first.
  const page = 'finance_db_pack.finance_db_page';
  const end = `CASE WHEN ${page} + ${PACK_PAGES} < ${to} THEN ${page} + ${PACK_PAGES} ELSE ${range.to ?? BEYOND_LAST_PAGE} END`;
  const tids = changed === null ? 'NULL::tid[]' : `array_agg(ctid) FILTER (WHERE ${changed})`;
  return [
    `SELECT ${cut.part}, ${page}, ${end}, rows, coalesce(cardinality(tids), 0), CASE WHEN cardinality(tids) <= ${MOST_PLACES_OF_PACK} THEN tids::text END, keys`,
    `FROM generate_series(${from}, ${to} - 1, ${PACK_PAGES}) AS finance_db_pack(finance_db_page)`,
    `CROSS JOIN LATERAL (SELECT count(*) AS rows, ${tids} AS tids, ${keysOf(part) ?? 'NULL::text'} AS keys FROM ${part.from}`,
    `WHERE ctid >= format('(%s,0)', ${page})::tid AND ctid < format('(%s,0)', ${end})::tid) AS pack WHERE rows > 0`,
  ].join(' ');
}
