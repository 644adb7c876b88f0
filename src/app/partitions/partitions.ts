import type { Config } from '../../config/config.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { firstMissing, monthBound, type Partition, toMonth } from '../../model/partitions.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { watchLocks } from '../../postgres/lockWatch.ts';
import { type PartitionedTable, readPartitions } from '../../postgres/partitions/read.ts';
import { countPartition, type PartitionSize, partitionKey, readSizes } from '../../postgres/partitions/sizes.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { findTable } from '../../postgres/transactionsTable.ts';
import { initTable } from '../init.ts';
import { makeAhead } from './ahead.ts';
import { type Detached, letGo } from './keep.ts';
import { inTransaction } from './transaction.ts';

export interface PartitionsRequest {
  readonly config: Config;
  /** Null stands for the table of transactions. */
  readonly table: TableName | null;
  /** Months to make from now on; null makes none. */
  readonly ahead: number | null;
  /** A span: what is wholly older goes; null lets nothing go. */
  readonly keep: string | null;
  /** `--yes`: it goes indeed, and is not only named. */
  readonly confirmed: boolean;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** What the command waits for, once it has waited for a second. */
  readonly onWait: (text: string) => void;
}

export interface PartitionsResult {
  readonly table: string;
  /** `RANGE ("timestamp")`. */
  readonly key: string;
  /** What was made now, in order. */
  readonly made: readonly string[];
  /** The first day from now on that no month is there for, such as `2026-09-01`; null where none was to be made. */
  readonly until: string | null;
  /** Those that were detached now. */
  readonly detached: readonly Detached[];
  /** Those that would be, if it were confirmed. */
  readonly wouldDetach: readonly Detached[];
  /** The first day of what is kept; null where nothing was asked to go. */
  readonly kept: string | null;
  /** Those that there are now. */
  readonly partitions: readonly ListedPartition[];
}

export interface ListedPartition extends Partition, PartitionSize {
  /** For a default partition that can be read: how many rows lie in it. */
  readonly strayRows: bigint | null;
}

/**
 * Makes partitions, lets old ones go, and lists those that there are then.
 * @throws FinanceDbError PG_TABLE_MISSING; PG_TABLE_SHAPE for a table that is not partitioned, or not in a way that allows what is
 *   asked for; PG_PERMISSION naming the right that is missing; PG_LOCKED naming who stood in the way; USAGE; the PG_ family
 */
export function managePartitions(request: PartitionsRequest): Promise<PartitionsResult> {
  const { config, signal, now } = request;
  return withPostgres(
    { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs },
    async (server) => {
      const session = await server.connect();
      const watch = watchLocks(server, session, request.onWait);
      try {
        return await manage(request, server, session);
      } catch (error) {
        signal.throwIfAborted();
        throw withHolder(error, watch.waitingFor());
      } finally {
        await watch.stop();
      }
    },
  );
}

/** Says who stood in the way, where that was seen. */
function withHolder(error: unknown, holder: string | null): unknown {
  if (!isFinanceDbError(error) || error.code !== 'PG_LOCKED' || holder === null) return error;
  const { message, remedy, details, cause } = error;
  return new FinanceDbError('PG_LOCKED', `${message}; waited for ${holder}`, { remedy, details, cause });
}

async function manage(request: PartitionsRequest, server: PgServer, session: PgSession): Promise<PartitionsResult> {
  const { ahead, keep, now } = request;
  const table = request.table ?? initTable(request.config);
  // Pinned: bounds are written as the session's time zone says.
  const before = await inTransaction(session, session.lockWaitMs, () => read(session, server, table));
  const made =
    ahead === null ? [] : await makeAhead(session, before, toMonth(now().toISOString()), ahead, request.signal);
  const gone = keep === null ? null : await letGo(session, before, keep, now(), request.confirmed);
  const { partitioned, listed } = await inTransaction(session, session.lockWaitMs, async () => {
    const after = await read(session, server, table);
    return { partitioned: after, listed: await list(session, after) };
  });
  return {
    table: displayName(table),
    key: partitioned.key,
    made: made.map(displayName),
    until: ahead === null ? null : monthBound(firstMissing(partitioned, toMonth(now().toISOString())), 'date'),
    detached: gone !== null && request.confirmed ? gone.partitions : [],
    wouldDetach: gone !== null && !request.confirmed ? gone.partitions : [],
    kept: gone?.from ?? null,
    partitions: listed,
  };
}

async function read(session: PgSession, server: PgServer, table: TableName): Promise<PartitionedTable> {
  const found = await readPartitions(session, table);
  if (found !== null) return found;
  const name = displayName(table);
  if ((await findTable(session, table)) === null)
    throw new FinanceDbError('PG_TABLE_MISSING', `the table ${name} does not exist in ${server.where}`, {
      details: { table: name },
    });
  throw new FinanceDbError('PG_TABLE_SHAPE', `${name} in ${server.where} is not partitioned`, {
    remedy:
      '`finance-db init --partition-by month` makes a table that is; how rows move there is in docs/partitions.md',
    details: { table: name },
  });
}

async function list(session: PgSession, { table, partitions }: PartitionedTable): Promise<ListedPartition[]> {
  const sizes = await readSizes(session, table);
  const listed: ListedPartition[] = [];
  for (const partition of partitions) {
    const size = sizes.get(partitionKey(partition)) ?? { rows: null, bytes: 0n };
    const strayRows = partition.isDefault ? await countPartition(session, partition) : null;
    listed.push({ ...partition, ...size, strayRows });
  }
  return listed;
}
