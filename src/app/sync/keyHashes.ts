import { CREATE_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyRows, type LoadContext, rangeQueries } from './fullLoad.ts';
import { readPacks } from './packs.ts';

/**
 * Fetches the source's keys, by all connections, into KEY_HASHES; as hashes, since strings would not fit the memory.
 * @param condition SQL that is true for the rows wanted; null for all
 * @param packs whether to try it by packs first
 */
export async function fetchKeyHashes(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  condition: string | null,
  packs: boolean,
): Promise<void> {
  const packed = condition === null && packs ? await readPacks(context, source, null, key) : null;
  if (packed?.keys === 'hashed') return;
  await context.copy.run(CREATE_KEY_HASHES);
  await copyRows(
    context,
    {
      into: KEY_HASHES,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (values) => keyHash(key, values),
    },
    rangeQueries(context, source, `SELECT ${copyColumns(key)} FROM ${rowsOf(source)}`, condition ?? undefined),
  );
}
