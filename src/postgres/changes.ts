import { inPages, type PageRange } from '../model/pageRanges.ts';
import { rowsOf, type SourceTable } from '../model/sourceTable.ts';
import { shareWork } from './shareWork.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** What one look at all rows of a table tells. */
export interface Survey {
  readonly rows: bigint;
  readonly changed: bigint;
  /** Conditions, as SQL: each changed row makes one of them true. */
  readonly places: readonly string[];
}

/** So many rows of a range are fetched from where they are; for more, its pages are read once more. */
const MOST_PLACES = 5000;

interface RangeAnswer {
  readonly rows: string;
  readonly changed: string;
  readonly places: string | null;
}

/**
 * Counts the rows of a table, and finds those that changed, in one pass that all sessions share: such a pass is what an
 * incremental sync costs, however few rows changed.
 * @param condition SQL that is true for changed rows
 * @param ranges of pages; null for a table that cannot be read so
 */
export async function surveyChanges(
  snapshot: SourceSnapshot,
  source: SourceTable,
  condition: string,
  ranges: readonly PageRange[] | null,
  jobs: number,
): Promise<Survey> {
  let rows = 0n;
  let changed = 0n;
  const places: string[] = [];
  const count = `count(*) FILTER (WHERE ${condition})`;
  const list = `CASE WHEN ${count} <= ${MOST_PLACES} THEN (array_agg(ctid) FILTER (WHERE ${condition}))::text END`;
  await shareWork<PageRange | null>(snapshot, jobs, 'SET LOCAL jit = off', ranges ?? [null], async (session, range) => {
    const [answer] = await session.query<RangeAnswer>(
      range === null
        ? `SELECT count(*) AS rows, ${count} AS changed, NULL AS places FROM ${rowsOf(source)}`
        : `SELECT count(*) AS rows, ${count} AS changed, ${list} AS places FROM ${rowsOf(source)} WHERE ${inPages(range)}`,
    );
    if (answer === undefined) return;
    rows += BigInt(answer.rows);
    changed += BigInt(answer.changed);
    if (answer.changed === '0') return;
    if (answer.places !== null) places.push(`ctid = ANY ('${answer.places}'::tid[])`);
    else places.push(range === null ? condition : `${inPages(range)} AND ${condition}`);
  });
  return { rows, changed, places };
}
