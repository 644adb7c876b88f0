import { type Month, monthOf, monthsToCover } from '../../model/partitions.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { makeMonths, missingMonths, requireRightsToMake, takenMonths } from './make.ts';
import { type PartitionedTable, readPartitions } from './read.ts';

/**
 * Makes the months that a table by months lacks between its first one and `ahead` from now, within the caller's transaction. Earlier ones
 * that were detached, and lie there as tables of their own, are not made again: nobody has rows for them, and the coming ones must not wait
 * for somebody to clear that up.
 * @returns what was made, in order
 * @throws FinanceDbError as `makeMonths`
 */
export async function coverMonths(
  session: PgSession,
  table: TableName,
  now: Month,
  ahead: number,
): Promise<TableName[]> {
  const missing = async (partitioned: PartitionedTable): Promise<Month[]> => {
    const held = partitioned.partitions.flatMap((partition) => monthOf(partition) ?? []);
    const months = missingMonths(partitioned, monthsToCover(held, now, ahead));
    const past = months.filter((month) => month < now);
    const taken = new Set((await takenMonths(session, partitioned, past)).map(({ month }) => month));
    return months.filter((month) => !taken.has(month));
  };
  const seen = await readPartitions(session, table);
  if (seen === null) return [];
  const months = await missing(seen);
  if (months.length === 0) return [];
  requireRightsToMake(seen, months);
  // What attaching takes as well: who makes partitions too has to wait, and then looks again.
  await session.query(`LOCK TABLE ONLY ${postgresTable(table)} IN SHARE UPDATE EXCLUSIVE MODE`);
  const locked = await readPartitions(session, table);
  return locked === null ? [] : makeMonths(session, locked, await missing(locked));
}
