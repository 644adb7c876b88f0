import { type Pack, placesOf } from '../../model/packs.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';
import { readPacks } from './packs.ts';

/** What one look at all rows of a table tells. */
export interface Survey {
  readonly rows: bigint;
  readonly changed: bigint;
  /** Conditions, as SQL: each changed row makes one of them true. */
  readonly places: readonly string[];
  /** Whether KEY_HASHES holds the hashes of all keys. */
  readonly hasKeys: boolean;
}

/**
 * Counts the rows of a table, finds those that changed, and fetches the keys when they will be needed: in one pass, which
 * is what an incremental sync costs however few rows changed.
 * @param condition SQL that is true for changed rows
 * @param key the columns of the key when rows are likely to have been deleted; null when not
 */
export async function survey(
  context: LoadContext,
  source: SourceTable,
  condition: string,
  key: readonly ColumnMapping[] | null,
): Promise<Survey> {
  const read = await readPacks(context, source, condition, key);
  if (read !== null) {
    const changed = read.packs.reduce((sum, pack) => sum + BigInt(pack.changed), 0n);
    return { rows: read.rows, changed, places: placesOf(read.packs, condition), hasKeys: read.hasKeys };
  }
  const [all] = await context.snapshot.session.query<Pick<Pack, 'rows' | 'changed'>>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${condition}) AS changed FROM ${rowsOf(source)}`,
  );
  const changed = BigInt(all?.changed ?? '0');
  return { rows: BigInt(all?.rows ?? '0'), changed, places: changed === 0n ? [] : [condition], hasKeys: false };
}
