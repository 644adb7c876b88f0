import { type Month, monthOf, monthsToCover } from '../../model/partitions.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { makeMonths, missingMonths, requireRightsToMake } from './make.ts';
import { type PartitionedTable, readPartitions } from './read.ts';

/**
 * Makes the months that a table by months lacks between its first one and `ahead` from now, within the caller's transaction.
 * @returns what was made, in order
 * @throws FinanceDbError as `makeMonths`
 */
export async function coverMonths(
  session: PgSession,
  table: TableName,
  now: Month,
  ahead: number,
): Promise<TableName[]> {
  const missing = (partitioned: PartitionedTable | null): Month[] => {
    if (partitioned === null) return [];
    const held = partitioned.partitions.flatMap((partition) => monthOf(partition) ?? []);
    return missingMonths(partitioned, monthsToCover(held, now, ahead));
  };
  const seen = await readPartitions(session, table);
  const months = missing(seen);
  if (seen === null || months.length === 0) return [];
  requireRightsToMake(seen, months);
  // What attaching takes as well: who makes partitions too has to wait, and then looks again.
  await session.query(`LOCK TABLE ONLY ${postgresTable(table)} IN SHARE UPDATE EXCLUSIVE MODE`);
  const locked = await readPartitions(session, table);
  return locked === null ? [] : makeMonths(session, locked, missing(locked));
}
