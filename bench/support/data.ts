import fs from 'node:fs';
import path from 'node:path';
import { quoteLiteral } from '../../src/model/identifier.ts';
import { createIndexSql, createTableSql, TRANSACTIONS_INDEXED } from '../../src/model/transactionsTable.ts';
import type { PgSession } from '../../src/postgres/session.ts';

const TABLE = { schema: 'public', name: 'transactions' };

/** Between two rows, unless a case wants its months to be of another size. */
export const SECONDS_A_ROW = 30;

/** SQL of the key of the row of this number. */
export function keySql(number: string): string {
  return `'tx-' || substr(md5('k' || ${number}), 1, 16)`;
}

/** SQL of the time of the row of this number, a bigint. */
export function timeSql(number: string, secondsARow = SECONDS_A_ROW): string {
  return `timestamp '2022-01-01' + interval '1 second' * (${number} * ${secondsARow}::float8) + interval '1 microsecond' * ((hashint8(${number} * 3) & 2147483647) % 1000000)`;
}

/**
 * Rows of realistic cardinalities, the same in every run: random unique text keys, 5,000 merchants, 400 cities, 30
 * categories, 150 subcategories, 40 accounts, four channels, a fiftieth of cash without a place.
 */
function rowsSql(from: number, count: number, secondsARow = SECONDS_A_ROW): string {
  return `
SELECT ${keySql('g')}, ts, -a,
  (ARRAY['USD','EUR','GBP','JPY'])[1 + (h % 10 < 3)::int * (1 + h % 3)],
  (ARRAY['Corner ','Blue ','Grand ','Old Town ','Sun ','Metro '])[1 + m % 6]
    || (ARRAY['Market','Coffee','Fuel','Pharmacy','Books','Grill','Travel'])[1 + m % 7] || ' #' || m,
  lpad((5000 + m % 300)::text, 4, '0'), 'acc-' || lpad((h % 40)::text, 4, '0'),
  CASE WHEN h % 50 > 0 THEN 'City ' || (m % 400) END,
  CASE WHEN h % 50 > 0 THEN (ARRAY['CA','NY','TX','WA','FL','IL'])[1 + m % 6] END,
  (ARRAY['online','pos','atm','transfer'])[1 + h % 4], 'Category ' || (m % 30),
  CASE WHEN h % 20 > 0 THEN 'Sub ' || (m % 150) END, h % 15 = 0, -round(a * 1.07, 2), ts + interval '2.4 hours'
FROM (SELECT g, (hashint8(g) & 2147483647) AS h, (hashint8(g) & 2147483647) % 5000 AS m,
    round(((hashint8(g * 7) & 2147483647) % 500000) / 100.0, 2) AS a,
    ${timeSql('g', secondsARow)} AS ts
  FROM generate_series(${from}::bigint, ${from + count - 1}) AS g) AS made`;
}

export interface FillOptions {
  /** Between two rows. */
  readonly secondsARow?: number;
  /** Its key alone, without the indexes that `init` makes: for many rows, of which none is looked for. */
  readonly bare?: boolean;
}

/** Makes the table of `init` anew with so many rows. */
export async function fillTransactions(
  session: PgSession,
  rows: number,
  { secondsARow, bare = false }: FillOptions = {},
): Promise<void> {
  // In the transaction that makes the table, rows need no write-ahead log.
  await session.query(`DROP TABLE IF EXISTS transactions; BEGIN; ${createTableSql(TABLE)}`);
  // The key last: kept while twenty million rows of random keys come, it takes most of ten minutes.
  await session.query('ALTER TABLE transactions DROP CONSTRAINT transactions_pkey');
  await session.query(
    await intoTransactions(session, rowsSql(1, rows, secondsARow), `${rows}-${secondsARow ?? SECONDS_A_ROW}`),
  );
  await session.query('ALTER TABLE transactions ADD PRIMARY KEY (tx_id)');
  if (!bare) for (const column of TRANSACTIONS_INDEXED) await session.query(createIndexSql(TABLE, column));
  await session.query('COMMIT');
  await session.query('VACUUM (ANALYZE, FREEZE) transactions');
  await session.query('CHECKPOINT');
}

/**
 * SQL that puts the rows into `transactions`. With FINANCE_DB_BENCH_ROWS, a folder that the server may write to, they are made once
 * and kept there: to compute twenty million takes some ten times as long as to read them.
 */
async function intoTransactions(session: PgSession, select: string, name: string): Promise<string> {
  const kept = process.env['FINANCE_DB_BENCH_ROWS'];
  if (kept === undefined) return `INSERT INTO transactions ${select}`;
  const file = path.join(kept, `rows-${name}.copy`);
  if (!fs.existsSync(file)) {
    await session.query(`COPY (${select}) TO ${quoteLiteral(`${file}.part`)} (FORMAT binary)`);
    fs.renameSync(`${file}.part`, file);
  }
  return `COPY transactions FROM ${quoteLiteral(file)} (FORMAT binary)`;
}

/**
 * Changes `count` rows spread over the table: six of ten updated, two inserted, two deleted; a different set for each
 * `round`.
 */
export async function changeTransactions(
  session: PgSession,
  rows: number,
  count: number,
  round: number,
): Promise<void> {
  const step = Math.max(1, Math.floor(rows / count));
  const keys = (from: number, share: number): string =>
    `SELECT 'tx-' || substr(md5('k' || g), 1, 16) FROM generate_series(${1 + ((from + round * 17) % step)}::bigint, ${rows}, ${step}) AS g LIMIT ${Math.ceil(count * share)}`;
  const inserted = Math.ceil(count * 0.2);
  await session.query(
    `UPDATE transactions SET amount = amount - 1, normalized_amount = normalized_amount - 1 WHERE tx_id IN (${keys(0, 0.6)})`,
  );
  await session.query(`DELETE FROM transactions WHERE tx_id IN (${keys(Math.floor(step / 2), 0.2)})`);
  await session.query(`INSERT INTO transactions ${rowsSql(rows * 10 + round * 10_000_000, inserted)}`);
}
