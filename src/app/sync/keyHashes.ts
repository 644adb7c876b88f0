import { CREATE_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyRows, cutRows, type LoadContext } from './fullLoad.ts';
import { readPacks } from './packs.ts';

/**
 * Fetches the keys of some parts of a table, by all connections, into KEY_HASHES; as hashes, since strings would not fit the memory.
 * @param condition SQL that is true for the rows wanted; null for all
 * @param packs whether to try it by packs first
 */
export async function fetchKeyHashes(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  key: readonly ColumnMapping[],
  condition: string | null,
  packs: boolean,
): Promise<void> {
  const packed = condition === null && packs ? await readPacks(context, source, parts, null, key) : null;
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
    cutParts(parts, context.jobs, true).map((cuts) =>
      cuts.map((cut) => `SELECT ${copyColumns(key)} FROM ${cutRows(parts, cut, condition)}`).join(' UNION ALL '),
    ),
  );
}
