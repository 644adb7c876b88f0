import { quoteLiteral } from '../model/identifier.ts';
import { SAMPLE_ID_PATTERN, SAMPLE_MARK, withoutSampleMark, withSampleMark } from '../model/sampleRows.ts';
import { postgresTable, type TableName } from '../model/tableName.ts';
import type { PgSession } from './session.ts';

/*
 * Invented rows must not be taken for real ones, whatever becomes of the file that init came from: the table's comment says
 * that there are some, and their tx_id which they are. All of this belongs into the transaction that changes the rows.
 */

/** Marks a table into which sample rows were put. @throws FinanceDbError PG_PERMISSION when the role does not own it */
export async function markSample(session: PgSession, table: TableName): Promise<void> {
  await setComment(session, table, withSampleMark(await readComment(session, table)));
}

/** Takes the mark from a table that holds no sample rows any more. */
export async function clearSampleMark(session: PgSession, table: TableName): Promise<void> {
  const comment = await readComment(session, table);
  if (isMarked(comment)) await setComment(session, table, withoutSampleMark(comment));
}

/** Whether the table is marked and every row in it is of the sample, so that real rows may take their place. */
export async function holdsOnlySample(session: PgSession, table: TableName): Promise<boolean> {
  if (!isMarked(await readComment(session, table))) return false;
  const [row] = await session.query<{ only: string }>(
    `SELECT (EXISTS (SELECT FROM ${postgresTable(table)}) AND NOT EXISTS (SELECT FROM ${postgresTable(table)} WHERE tx_id !~ '${SAMPLE_ID_PATTERN}'))::int::text AS only`,
  );
  return row?.only === '1';
}

/** How many sample rows a table holds; 0 unless it is marked. */
export async function countSampleRows(session: PgSession, table: TableName): Promise<number> {
  if (!isMarked(await readComment(session, table))) return 0;
  const [row] = await session.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${postgresTable(table)} WHERE tx_id ~ '${SAMPLE_ID_PATTERN}'`,
  );
  return Number(row?.count ?? 0);
}

/** Removes the sample rows and the mark; real rows stay. @returns how many rows went; 0 for a table without the mark */
export async function removeSampleRows(session: PgSession, table: TableName): Promise<number> {
  const count = await countSampleRows(session, table);
  if (count > 0) await session.query(`DELETE FROM ${postgresTable(table)} WHERE tx_id ~ '${SAMPLE_ID_PATTERN}'`);
  await clearSampleMark(session, table);
  return count;
}

function isMarked(comment: string | null): boolean {
  return comment?.split('\n').includes(SAMPLE_MARK) === true;
}

async function readComment(session: PgSession, table: TableName): Promise<string | null> {
  const [row] = await session.query<{ comment: string | null }>(
    `SELECT pg_catalog.obj_description(${quoteLiteral(postgresTable(table))}::pg_catalog.regclass, 'pg_class') AS comment`,
  );
  return row?.comment ?? null;
}

async function setComment(session: PgSession, table: TableName, comment: string | null): Promise<void> {
  await session.query(
    `COMMENT ON TABLE ${postgresTable(table)} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`,
  );
}
