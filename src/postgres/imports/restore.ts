import { beside, GIVEN_COLUMNS, givenValue, IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import { lockPartitioned, makeRoom } from '../partitions/load.ts';
import type { PgSession } from '../session.ts';

/** What bringing an import back did. */
export interface Restored {
  readonly restored: number;
  /** Those of them beside which another row of the same account, day and amount stands that this import does not know. */
  readonly alike: number;
}

/**
 * Brings the rows of an import back that are not in `transactions` any more, whether the user deleted them or the import was
 * undone, as they were imported.
 */
export async function restoreImport(session: PgSession, table: TableName, importId: string): Promise<Restored> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const target = postgresTable(table);
  const partitioned = await lockPartitioned(session, table);
  const gone = `import_id = ${importId} AND NOT EXISTS (SELECT FROM ${target} t WHERE t.tx_id = r.tx_id)`;
  if (partitioned !== null) await makeRoom(session, partitioned, `SELECT booked AS time FROM ${rows} r WHERE ${gone}`);
  const given = GIVEN_COLUMNS.join(', ');
  const values = GIVEN_COLUMNS.map((name) => givenValue('r', name)).join(', ');
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_restored;
CREATE TEMP TABLE finance_db_restored (tx_id text) ON COMMIT DROP;
WITH restored AS (
  INSERT INTO ${target} (tx_id, "timestamp", normalized_amount, ${given})
  SELECT DISTINCT ON (tx_id) tx_id, booked, normalized_amount, ${values}
  FROM ${rows} r
  WHERE ${gone}
  ORDER BY tx_id, record
  ON CONFLICT DO NOTHING
  RETURNING tx_id
)
INSERT INTO pg_temp.finance_db_restored SELECT tx_id FROM restored;
ANALYZE pg_temp.finance_db_restored;
UPDATE ${rows} SET undone = false WHERE import_id = ${importId} AND undone;
UPDATE ${postgresTable(beside(table, IMPORTS))} SET undone_at = NULL WHERE import_id = ${importId}`);
  await pairAgain(session, table);
  const [row] = await session.query<Record<string, string>>(`
SELECT (SELECT pg_catalog.count(*) FROM pg_temp.finance_db_restored) AS restored, pg_catalog.count(DISTINCT t.tx_id) AS alike
FROM pg_temp.finance_db_restored d
JOIN ${target} t USING (tx_id)
JOIN ${target} o ON o.account_id = t.account_id AND o.amount = t.amount AND o.currency = t.currency
  AND o."timestamp" >= t."timestamp"::date AND o."timestamp" < t."timestamp"::date + 1 AND o.tx_id <> t.tx_id
WHERE NOT EXISTS (SELECT FROM ${rows} r WHERE r.tx_id = o.tx_id AND r.import_id = ${importId})`);
  return { restored: Number(row?.restored ?? 0), alike: Number(row?.alike ?? 0) };
}

/**
 * Legs of transfers that came back find the other one again, which undo had left alone; where that is gone, or filed otherwise by
 * now, they are no transfers any more.
 */
async function pairAgain(session: PgSession, table: TableName): Promise<void> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const target = postgresTable(table);
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_legs;
CREATE TEMP TABLE finance_db_legs ON COMMIT DROP AS
SELECT d.tx_id AS leg, r.transfer_of AS other, pg_catalog.bool_or(o.transfer_of = d.tx_id) IS TRUE AS paired,
  pg_catalog.bool_and(t.tx_id IS NOT NULL AND t.category IS NULL AND o.transfer_of IS NULL) AS free
FROM pg_temp.finance_db_restored d
JOIN ${rows} r ON r.tx_id = d.tx_id AND r.category_by = 'transfer' AND NOT r.undone
LEFT JOIN ${target} t ON t.tx_id = r.transfer_of
LEFT JOIN ${rows} o ON o.tx_id = t.tx_id AND NOT o.undone
GROUP BY d.tx_id, r.transfer_of;
UPDATE ${target} t SET category = 'Transfer', subcategory = NULL
FROM pg_temp.finance_db_legs l WHERE t.tx_id = l.other AND l.free AND NOT l.paired;
UPDATE ${rows} r SET category = 'Transfer', subcategory = NULL, category_by = 'transfer', transfer_of = l.leg
FROM pg_temp.finance_db_legs l WHERE r.tx_id = l.other AND NOT r.undone AND l.free AND NOT l.paired;
UPDATE ${target} t SET category = NULL
FROM pg_temp.finance_db_legs l WHERE t.tx_id = l.leg AND t.category = 'Transfer' AND NOT l.free AND NOT l.paired;
UPDATE ${rows} r SET category = NULL, category_by = NULL, transfer_of = NULL
FROM pg_temp.finance_db_legs l WHERE r.tx_id = l.leg AND NOT l.free AND NOT l.paired`);
}
