import { quoteIdentifier } from '../../model/identifier.ts';
import { monthOf, monthText, toMonth } from '../../model/partitions.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import { TRANSACTIONS_INDEXED, TRANSACTIONS_KEY } from '../../model/transactionsTable.ts';
import { coverMonths } from '../../postgres/partitions/cover.ts';
import { readPartitions } from '../../postgres/partitions/read.ts';
import type { PgSession } from '../../postgres/session.ts';

export interface InitPartitions {
  readonly count: number;
  /** The first and last month, such as `2024-03`; null where the partitions are no months. */
  readonly first: string | null;
  readonly last: string | null;
}

/** Months ahead for which `init` makes partitions: rows of the next ones have a place before anybody thinks of it. */
const MONTHS_AHEAD = 3;

/**
 * Makes what is missing of the months between the rows and some ahead, where it was asked for.
 * @returns what there is then; null for a table that is not partitioned
 */
export async function divide(
  session: PgSession,
  table: TableName,
  partitionBy: 'month' | null,
  now: Date,
): Promise<InitPartitions | null> {
  if (partitionBy !== null) await coverMonths(session, table, toMonth(now.toISOString()), MONTHS_AHEAD);
  const partitioned = await readPartitions(session, table);
  if (partitioned === null) return null;
  const months = partitioned.partitions.flatMap((partition) => monthOf(partition) ?? []);
  const [first, last] = [months[0], months.at(-1)];
  return {
    count: partitioned.partitions.length,
    first: first === undefined ? null : monthText(first),
    last: last === undefined ? null : monthText(last),
  };
}

/** Of partitions the columns that plans are made by: each one is looked at by itself, and then all of them together. */
export async function analyse(session: PgSession, table: TableName, partitioned: boolean): Promise<void> {
  const columns = partitioned
    ? ` (${[TRANSACTIONS_KEY, ...TRANSACTIONS_INDEXED].map(quoteIdentifier).join(', ')})`
    : '';
  await session.query(`ANALYZE ${postgresTable(table)}${columns}`);
}
