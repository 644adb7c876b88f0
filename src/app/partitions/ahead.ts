import { setTimeout as delay } from 'node:timers/promises';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { isByMonth, isByTime, type Month, monthOf } from '../../model/partitions.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { coverMonths } from '../../postgres/partitions/cover.ts';
import type { PartitionedTable } from '../../postgres/partitions/read.ts';
import type { PgSession } from '../../postgres/session.ts';
import { inTransaction } from './transaction.ts';

/**
 * So long a lock is asked for at a time: while one waits for it, those who come later wait behind it. Only a default partition is
 * locked against readers at all.
 */
const TRY_MS = 2_000;
const PAUSE_MS = 500;

/** A CHECK that fails: rows of the new range lie in the default partition. */
const CHECK_VIOLATION = '23514';

/**
 * Makes all months between the first partition and `ahead` from now that a table by months lacks, all or none.
 * @returns what was made, in order; empty when all were there
 */
export async function makeAhead(
  session: PgSession,
  partitioned: PartitionedTable,
  now: Month,
  ahead: number,
  signal: AbortSignal,
): Promise<TableName[]> {
  const { table } = partitioned;
  requireMonths(partitioned);
  const deadline = performance.now() + session.lockWaitMs;
  for (;;) {
    try {
      return await inTransaction(session, Math.min(TRY_MS, session.lockWaitMs), () =>
        coverMonths(session, table, now, ahead),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!isFinanceDbError(error)) throw error;
      if (error.details['sqlstate'] === CHECK_VIOLATION) throw strayRows(partitioned, error);
      if (error.code !== 'PG_LOCKED' || performance.now() + PAUSE_MS > deadline) throw error;
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
}

function requireMonths(partitioned: PartitionedTable): void {
  if (isByMonth(partitioned)) return;
  const { table, key, partitions } = partitioned;
  const name = displayName(table);
  const other = partitions.find((partition) => !partition.isDefault && monthOf(partition) === null);
  const why =
    other === undefined || !isByTime(partitioned)
      ? `it is partitioned by ${key}`
      : `${displayName(other)} is ${other.bound}`;
  throw new FinanceDbError('PG_TABLE_SHAPE', `the partitions of ${name} are not months of a time in UTC: ${why}`, {
    remedy: 'leave its next partitions to who made these, such as pg_partman',
    details: { table: name, key },
  });
}

function strayRows({ table, partitions }: PartitionedTable, cause: FinanceDbError): FinanceDbError {
  const rest = partitions.find(({ isDefault }) => isDefault);
  if (rest === undefined) return cause;
  return new FinanceDbError(
    'PG_TABLE_SHAPE',
    `the default partition ${displayName(rest)} holds rows of a month that is to be made: ${cause.message}`,
    {
      remedy: 'in a quiet hour: detach it, make the months, insert its rows into the table, and drop it',
      details: { table: displayName(table), partition: displayName(rest) },
      cause: cause.cause,
    },
  );
}
