import { FinanceDbError } from '../../errors/financeDbError.ts';
import { firstDayKept, isBefore, isByTime } from '../../model/partitions.ts';
import { displayName } from '../../model/tableName.ts';
import { detachPartitions, requireNoDefault } from '../../postgres/partitions/detach.ts';
import { type PartitionedTable, readPartitions } from '../../postgres/partitions/read.ts';
import { partitionKey, readSizes } from '../../postgres/partitions/sizes.ts';
import type { PgSession } from '../../postgres/session.ts';
import { inTransaction } from './transaction.ts';

export interface Detached {
  readonly name: string;
  /** As of the last ANALYZE; null where there was none. */
  readonly rows: bigint | null;
}

export interface LetGo {
  /** The first day of what is kept. */
  readonly from: string;
  /** What went, or would. */
  readonly partitions: readonly Detached[];
}

/**
 * Detaches partitions whose rows are all older than a span, and those whose detaching was interrupted.
 * @param confirmed false only names them
 */
export async function letGo(
  session: PgSession,
  { table }: PartitionedTable,
  span: string,
  now: Date,
  confirmed: boolean,
): Promise<LetGo> {
  const from = firstDayKept(span, now);
  const { partitioned, sizes } = await inTransaction(session, session.lockWaitMs, async () => ({
    partitioned: await readPartitions(session, table),
    sizes: await readSizes(session, table),
  }));
  if (partitioned === null) return { from, partitions: [] };
  if (!isByTime(partitioned))
    throw new FinanceDbError(
      'PG_TABLE_SHAPE',
      `${displayName(table)} is partitioned by ${partitioned.key}, so that its partitions do not grow old`,
      { remedy: 'leave --keep out', details: { table: displayName(table), key: partitioned.key } },
    );
  const due = partitioned.partitions.filter((partition) => partition.pending || isBefore(partition, from));
  if (due.length > 0) requireNoDefault(partitioned);
  if (confirmed) await detachPartitions(session, partitioned, due);
  return {
    from,
    partitions: due.map((partition) => ({
      name: displayName(partition),
      rows: sizes.get(partitionKey(partition))?.rows ?? null,
    })),
  };
}
