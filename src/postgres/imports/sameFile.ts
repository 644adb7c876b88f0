import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { countOf } from './answers.ts';
import { STAGED } from './stage.ts';

/**
 * Entries of a file whose very bytes an import that stands has read: an entry that has the place and the keys that it had then is
 * the row that it was then, without any looking for it. Nothing is taken from the bytes alone: a file that is read in another way
 * now (another account, a corrected profile) has other keys, and is compared like any other.
 * @returns how many were so
 */
export async function matchSameFile(session: PgSession, table: TableName, fileHash: string): Promise<number> {
  const [earlier] = await session.query<{ import_id: string }>(
    `SELECT import_id FROM ${postgresTable(beside(table, IMPORTS))}
     WHERE file_hash = ${quoteLiteral(fileHash)} AND undone_at IS NULL ORDER BY import_id DESC LIMIT 1`,
  );
  if (earlier === undefined) return 0;
  return countOf(
    session,
    `UPDATE ${STAGED} k SET known_id = r.tx_id
  FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
  WHERE r.import_id = ${earlier.import_id} AND r.record = k.record AND NOT r.undone AND r.text_key = k.text_key
    AND r.bank_key IS NOT DISTINCT FROM CASE WHEN k.id_shared IS NULL THEN k.bank_hash END
    AND (k.own_id IS NULL OR k.own_id = r.tx_id)`,
  );
}
