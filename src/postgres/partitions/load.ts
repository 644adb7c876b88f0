import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { isByMonth, toMonth } from '../../model/partitions.ts';
import { displayName, postgresTable, type TableName } from '../../model/tableName.ts';
import { TRANSACTIONS_NAMES } from '../../model/transactionsTable.ts';
import { copyIn, type RowSource } from '../copyIn.ts';
import type { PgSession } from '../session.ts';
import { makeMonths, missingMonths } from './make.ts';
import { type PartitionedTable, readPartitions } from './read.ts';

/*
 * The key of a partitioned table holds its time too, so that PostgreSQL would take one tx_id in two months, or twice in one. What
 * writes to it from here looks itself, within its transaction and under a lock that keeps all other writers out until it ends.
 */

/**
 * Keeps other writers out of a partitioned table until the transaction ends; readers pass. Its partitions are not locked one by
 * one: who writes does so through the table. The transaction must be READ COMMITTED: what comes next has to see what those have
 * written who were waited for.
 * @throws FinanceDbError PG_PERMISSION naming the right that is missing; PG_LOCKED
 * @returns how it is partitioned; null for any other table, whose key PostgreSQL watches over
 */
export async function lockPartitioned(session: PgSession, table: TableName): Promise<PartitionedTable | null> {
  if ((await readPartitions(session, table)) === null) return null;
  await requireLockRight(session, table);
  await session.query(`LOCK TABLE ONLY ${postgresTable(table)} IN SHARE ROW EXCLUSIVE MODE`);
  // Again: somebody may have made some while we waited.
  return readPartitions(session, table);
}

/** A role that may only insert may not keep others from it. */
async function requireLockRight(session: PgSession, table: TableName): Promise<void> {
  const [row] = await session.query<{ allowed: string; role: string }>(
    `SELECT pg_catalog.has_table_privilege(${quoteLiteral(postgresTable(table))}, 'UPDATE, DELETE, TRUNCATE') AS allowed, current_user AS role`,
  );
  if (row?.allowed === 't') return;
  throw new FinanceDbError(
    'PG_PERMISSION',
    `the role ${row?.role} may not lock ${displayName(table)} against other writers, without which a partitioned table could get one tx_id twice`,
    {
      remedy: `its owner can give the right: GRANT UPDATE ON ${displayName(table)} TO ${quoteIdentifier(row?.role ?? '')}`,
      details: { table: displayName(table), role: row?.role },
    },
  );
}

/**
 * Makes the months that rows to come need, where the table is one by months. Not where a default partition takes them: making
 * one would lock that and read it through.
 * @param times a query of one column `time`
 */
export async function makeRoom(session: PgSession, partitioned: PartitionedTable, times: string): Promise<void> {
  if (!isByMonth(partitioned) || partitioned.partitions.some(({ isDefault }) => isDefault)) return;
  const rows = await session.query<{ month: string }>(
    `SELECT DISTINCT pg_catalog.to_char(t.time, 'YYYY-MM') AS month FROM (${times}) t ORDER BY 1`,
  );
  const wanted = rows.map(({ month }) => toMonth(month));
  await makeMonths(session, partitioned, missingMonths(partitioned, wanted));
}

/** Rows wait here until they were compared with what is there. */
const LOADED = 'pg_temp.finance_db_load';

/**
 * Streams rows into the table of transactions, as `copyIn` does; a tx_id that comes twice is refused also where the table is
 * partitioned, and months that rows need are made.
 * @returns how many rows the server took
 * @throws FinanceDbError BAD_INPUT with details `record`, counted from 1, for the first row whose tx_id came before or is in the table; as `copyIn` and
 *   `makeMonths`
 */
export async function loadRows(
  session: PgSession,
  table: TableName,
  columns: readonly string[],
  rows: RowSource,
  options: NonNullable<Parameters<typeof copyIn>[4]>,
): Promise<number> {
  if ((await readPartitions(session, table)) === null) return copyIn(session, table, columns, rows, options);
  const whole = postgresTable(table);
  await session.query(`CREATE TEMP TABLE finance_db_load (LIKE ${whole} INCLUDING DEFAULTS) ON COMMIT DROP`);
  const count = await copyIn(session, { schema: 'pg_temp', name: 'finance_db_load' }, columns, rows, options);
  await session.query(`ANALYZE ${LOADED} (tx_id)`);
  await refuseTwice(session);
  const partitioned = await lockPartitioned(session, table);
  await refuseTaken(session, table);
  if (partitioned !== null) await makeRoom(session, partitioned, `SELECT "timestamp" AS time FROM ${LOADED}`);
  const names = TRANSACTIONS_NAMES.map(quoteIdentifier).join(', ');
  await session.query(`INSERT INTO ${whole} (${names}) SELECT ${names} FROM ${LOADED}; DROP TABLE ${LOADED}`);
  return count;
}

/** Counted at once, which takes a fraction of what an index would that is kept up row by row. */
async function refuseTwice(session: PgSession): Promise<void> {
  const [twice] = await session.query(`SELECT FROM ${LOADED} GROUP BY tx_id HAVING count(*) > 1 LIMIT 1`);
  if (twice === undefined) return;
  const [row] = await session.query<{ place: string }>(
    `SELECT pg_catalog.min(ctid) AS place
     FROM (SELECT ctid, row_number() OVER (PARTITION BY tx_id ORDER BY ctid) AS nth FROM ${LOADED}) t WHERE nth > 1`,
  );
  if (row !== undefined) throw await refusal(session, row.place, 'comes twice');
}

/** Rows lie in the order in which they came, so that their place tells the record. */
async function refuseTaken(session: PgSession, table: TableName): Promise<void> {
  const [taken] = await session.query<{ place: string | null }>(
    `SELECT pg_catalog.min(s.ctid) AS place FROM ${LOADED} s JOIN ${postgresTable(table)} t USING (tx_id)`,
  );
  if (taken !== undefined && taken.place !== null)
    throw await refusal(session, taken.place, `is in ${displayName(table)}`);
}

async function refusal(session: PgSession, place: string, why: string): Promise<FinanceDbError> {
  const [row] = await session.query<{ tx_id: string; record: string }>(
    `SELECT pg_catalog.count(*) AS record, pg_catalog.max(tx_id) FILTER (WHERE ctid = '${place}') AS tx_id
     FROM ${LOADED} WHERE ctid <= '${place}'`,
  );
  return new FinanceDbError('BAD_INPUT', `the tx_id ${JSON.stringify(row?.tx_id)} ${why}, and each may occur once`, {
    details: { record: Number(row?.record) },
  });
}
