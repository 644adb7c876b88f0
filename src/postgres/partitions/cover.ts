import { type Month, monthOf, monthsToCover } from '../../model/partitions.ts';
import type { TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { makeMonths, missingMonths } from './make.ts';
import { readPartitions } from './read.ts';

/**
 * Makes the months that a table by months lacks between its first one and `ahead` from now, within the caller's transaction.
 * @returns what was made, in order
 */
export async function coverMonths(
  session: PgSession,
  table: TableName,
  now: Month,
  ahead: number,
): Promise<TableName[]> {
  const partitioned = await readPartitions(session, table);
  if (partitioned === null) return [];
  const held = partitioned.partitions.flatMap((partition) => monthOf(partition) ?? []);
  return makeMonths(session, partitioned, missingMonths(partitioned, monthsToCover(held, now, ahead)));
}
