import { hidesRowid, type SourceTable } from '../../model/sourceTable.ts';
import { tracksRows } from '../../model/syncPlan.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';
import { partsIn } from './fullLoad.ts';

/** Smaller tables are read before it would matter. */
export const PLACES_FROM_PAGES = 4096;

/**
 * Whether the file is to know in which blocks the rows of a table lie: where the server tells which blocks changed, the table is large,
 * and PostgreSQL can be asked for rows by their keys as DuckDB writes them.
 */
export function wantsPlaces(
  context: Pick<LoadContext, 'snapshot' | 'places'>,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): boolean {
  if (context.snapshot.summarizesLog !== true || source.unlogged || tracksRows(source) !== null) return false;
  // They lead to rows by DuckDB's numbers of them.
  if (hidesRowid(source)) return false;
  const parts = partsIn(context, source);
  const pages = parts.reduce((sum, part) => sum + part.pages, 0);
  if (pages < (context.places?.from ?? PLACES_FROM_PAGES)) return false;
  const key = columns.filter(({ name }) => source.key?.includes(name));
  // Files of two tablespaces may have one number.
  const files = new Set(parts.map(({ filenode }) => filenode));
  return (
    files.size === parts.length &&
    key.every(isAskable) &&
    parts.every(({ pageable, filenode }) => pageable && filenode !== null && filenode !== '0')
  );
}

/** Whether PostgreSQL can be asked for a value as DuckDB writes it. */
export function isAskable({ family, postgresType }: ColumnMapping): boolean {
  return isPlainText(postgresType) || ['integer', 'uuid', 'date', 'timestamp', 'timestamptz'].includes(family);
}
