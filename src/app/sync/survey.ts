import type { Pack } from '../../model/packs.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';
import { type KeysRead, readPacks } from './packs.ts';

/** What one look at all rows of a table tells. */
export interface Survey {
  readonly rows: bigint;
  readonly changed: bigint;
  /** Where the changed rows are; null for a table that was looked at as a whole. */
  readonly packs: readonly Pack[] | null;
  readonly keys: KeysRead;
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
    return { ...read, changed };
  }
  const [all] = await context.snapshot.session.query<Pick<Pack, 'rows' | 'changed'>>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${condition}) AS changed FROM ${rowsOf(source)}`,
  );
  return { rows: BigInt(all?.rows ?? '0'), changed: BigInt(all?.changed ?? '0'), packs: null, keys: 'none' };
}
