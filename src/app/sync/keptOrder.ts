import { isDisordered, rememberMovedSql } from '../../duckdb/timeOrder.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { hidesRowid } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import { rowsAfter } from './published.ts';
import type { TableResult } from './syncRequest.ts';
import { dividingTime } from './syncTable.ts';
import type { Planned } from './writeTables.ts';

/**
 * Keeps in the file how many rows came to tables that are divided by time since they lay in its order. When these are half of all rows, it is
 * looked whether they lie in no order, and counted anew: rows of the newest month come in order, others do not.
 * @returns whether the file should be written anew in the order of time
 */
export async function noteOrder(
  copy: WorkingCopy,
  { work, known, keeps }: Planned,
  tables: readonly TableResult[],
): Promise<boolean> {
  if (!keeps || known === null) return false;
  const timed = work.flatMap(({ plan: { source }, columns }) => {
    const time = hidesRowid(source) ? null : dividingTime(source, columns);
    return time === null ? [] : [{ source, column: quoteIdentifier(time.name) }];
  });
  const names = new Set(timed.map(({ source }) => displayName(source.table)));
  const came = tables.filter(({ mode, table }) => mode === 'incremental' && names.has(table));
  const moved = came.reduce((sum, { upserted }) => sum + upserted, known.moved);
  const isDue = moved > 0n && moved * 2n > rowsAfter(known.tables, work, tables);
  await copy.run(rememberMovedSql(isDue ? 0n : moved));
  if (!isDue) return false;
  for (const { source, column } of timed) if (await isDisordered(copy, duckdbTable(source.table), column)) return true;
  return false;
}
