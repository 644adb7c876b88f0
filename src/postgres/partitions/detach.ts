import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { Partition } from '../../model/partitions.ts';
import { displayName, postgresTable } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { missingRights } from './make.ts';
import { type PartitionedTable, readPartitions } from './read.ts';

/**
 * Takes partitions out of a table, one by one, each by DETACH … CONCURRENTLY, outside of a transaction: readers and writers of the
 * table pass, and those that were at work before are waited for. The partitions stay, as tables of their own. One whose detaching
 * was interrupted is brought to an end.
 * @throws FinanceDbError PG_PERMISSION; PG_QUERY where the server is too old for it; PG_TABLE_SHAPE where a default partition rules it out; PG_LOCKED when the readers took too
 *   long, saying what is left half done and how to end it
 */
export async function detachPartitions(
  session: PgSession,
  partitioned: PartitionedTable,
  partitions: readonly Partition[],
): Promise<void> {
  if (partitions.length === 0) return;
  requireOwner(partitioned);
  requireConcurrent(partitioned);
  requireNoDefault(partitioned);
  const { table } = partitioned;
  for (const partition of partitions) {
    const how = partition.pending ? 'FINALIZE' : 'CONCURRENTLY';
    await session.query(`SET lock_timeout = ${session.lockWaitMs}`);
    try {
      await session.query(`ALTER TABLE ${postgresTable(table)} DETACH PARTITION ${postgresTable(partition)} ${how}`);
    } catch (error) {
      throw await explain(error, session, partitioned, partition);
    }
    await session.query('RESET lock_timeout');
  }
}

function requireOwner(partitioned: PartitionedTable): void {
  const { table, role } = partitioned;
  const name = displayName(table);
  if (!partitioned.owned)
    throw new FinanceDbError(
      'PG_PERMISSION',
      `the role ${role} may not detach partitions of ${name}: it lacks ${missingRights(partitioned)[0]}`,
      { remedy: 'let its owner run the command', details: { table: name, role } },
    );
}

function requireConcurrent({ table, concurrent }: PartitionedTable): void {
  if (concurrent) return;
  const name = displayName(table);
  throw new FinanceDbError(
    'PG_QUERY',
    `partitions of ${name} are not detached: PostgreSQL before 14 locks all readers out for that`,
    { remedy: `in a quiet hour: ALTER TABLE ${postgresTable(table)} DETACH PARTITION …`, details: { table: name } },
  );
}

/** @throws FinanceDbError PG_TABLE_SHAPE where a default partition rules detaching out */
export function requireNoDefault({ table, partitions }: PartitionedTable): void {
  const name = displayName(table);
  const rest = partitions.find(({ isDefault }) => isDefault);
  if (rest !== undefined)
    throw new FinanceDbError(
      'PG_TABLE_SHAPE',
      `${name} has a default partition, ${displayName(rest)}: PostgreSQL then detaches no other one without locking all readers out`,
      {
        remedy: `drop the default partition if it is empty, or detach in a quiet hour: ALTER TABLE ${postgresTable(table)} DETACH PARTITION …`,
        details: { table: name, partition: displayName(rest) },
      },
    );
}

/** A wait that was given up leaves the partition marked: new readers do not see it any more. */
async function explain(
  error: unknown,
  session: PgSession,
  { table }: PartitionedTable,
  partition: Partition,
): Promise<unknown> {
  if (!isFinanceDbError(error) || error.code !== 'PG_LOCKED') return error;
  const now = await readPartitions(session, table);
  const pending = now?.partitions.some(
    ({ name, schema, pending: half }) => half && name === partition.name && schema === partition.schema,
  );
  if (pending !== true) return error;
  return new FinanceDbError(
    'PG_LOCKED',
    `${displayName(partition)} is half detached: its rows have left ${displayName(table)}, and older transactions that may still read them did not end in time`,
    { remedy: 'run the command again when they have ended', details: error.details, cause: error.cause },
  );
}
