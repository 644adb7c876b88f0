import type { Pack } from '../../model/packs.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { LoadContext, PartRows } from './fullLoad.ts';
import { type KeysRead, type KeysWanted, readPacks } from './packs.ts';

/** What one look at all rows of some parts of a table tells. */
export interface Survey {
  readonly rows: PartRows;
  readonly changed: bigint;
  /** Where the changed rows are; null for parts that were looked at as wholes. */
  readonly packs: readonly Pack[] | null;
  readonly keys: KeysRead;
}

/** So many parts are counted by one query. */
const MOST_TOGETHER = 100;

/**
 * Counts the rows of parts of a table, finds those that changed, and fetches the keys when they will be needed: in one pass, which
 * is what an incremental sync costs however few rows changed.
 * @param condition SQL that is true for changed rows
 * @param wanted the keys of parts of which rows are likely to have been deleted
 */
export async function survey(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  condition: string,
  wanted: KeysWanted | null,
): Promise<Survey> {
  if (parts.length === 0) return { rows: new Map(), changed: 0n, packs: [], keys: 'none' };
  const read = await readPacks(context, source, parts, condition, wanted);
  if (read !== null) {
    const changed = read.packs.reduce((sum, pack) => sum + BigInt(pack.changed), 0n);
    return { ...read, changed };
  }
  const rows = new Map<string, bigint>();
  let changed = 0n;
  for (let from = 0; from < parts.length; from += MOST_TOGETHER) {
    const counts = await context.snapshot.session.query<{ part: string; rows: string; changed: string }>(
      parts
        .slice(from, from + MOST_TOGETHER)
        .map(
          (part) =>
            `SELECT '${part.oid}' AS part, count(*) AS rows, count(*) FILTER (WHERE ${condition}) AS changed FROM ${part.from}`,
        )
        .join(' UNION ALL '),
    );
    for (const count of counts) {
      rows.set(count.part, BigInt(count.rows));
      changed += BigInt(count.changed);
    }
  }
  return { rows, changed, packs: null, keys: 'none' };
}
