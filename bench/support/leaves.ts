import type { PgSession } from '../../src/postgres/session.ts';
import { keySql, SECONDS_A_ROW, timeSql } from './data.ts';

/** The same rows in one table, or in leaves by time. */
export type Layout = 'flat' | 'leaves';

export const LEAVES = 72;

/** SQL that is true for the heaps of a layout, in the statistics of tables. */
export function isOf(layout: Layout): string {
  return layout === 'flat' ? "relname = 'transactions'" : "relname ~ '^monthly_[0-9]+$'";
}

/** The rows of `transactions` once more, in leaves that span equal times; and a table that nobody syncs. */
export async function divide(session: PgSession, rows: number): Promise<void> {
  const at = (leaf: number): string =>
    `timestamp '2022-01-01' + interval '1 second' * ${Math.ceil((leaf * (rows + 1) * SECONDS_A_ROW) / LEAVES)}`;
  await session.query(`DROP TABLE IF EXISTS monthly, elsewhere; CREATE TABLE elsewhere (n int);
    BEGIN; CREATE TABLE monthly (LIKE transactions) PARTITION BY RANGE (timestamp)`);
  for (let leaf = 0; leaf < LEAVES; leaf++) {
    const to = leaf === LEAVES - 1 ? "'infinity'" : at(leaf + 1);
    await session.query(
      `DO $$ BEGIN EXECUTE format('CREATE TABLE public.monthly_${leaf} PARTITION OF public.monthly FOR VALUES FROM (%L) TO (%L)', ${at(leaf)}, ${to}); END $$`,
    );
  }
  // The key last: an index is made faster than it is kept.
  await session.query('INSERT INTO monthly SELECT * FROM transactions');
  await session.query('ALTER TABLE monthly ADD PRIMARY KEY (tx_id, timestamp); COMMIT');
  await session.query('VACUUM (ANALYZE, FREEZE) monthly');
  await session.query('CHECKPOINT');
}

/** SQL of numbers of generated rows. */
type Numbers = string;

let turns = 0;

/** Rows spread evenly over all times, others in each turn. */
export function rowsAnywhere(rows: number, count: number): Numbers {
  return spread(1, rows, count);
}

/** Rows of the last leaf only. */
export function rowsOfNewestMonth(rows: number, count: number): Numbers {
  const leaf = Math.floor(rows / LEAVES);
  return spread(rows - leaf + 2, leaf - 2, count);
}

function spread(from: number, among: number, count: number): Numbers {
  const step = Math.max(1, Math.floor(among / count));
  const first = from + ((turns++ * 7919) % step);
  return `SELECT g, row_number() OVER () AS n FROM generate_series(${first}::bigint, ${from + among - 1}, ${step}) AS g LIMIT ${count}`;
}

/** Changes rows of each leaf, so that where the rows of all of them lie is learned: a few, since some may have been deleted. */
export async function touchEach(session: PgSession, layout: Layout, rows: number): Promise<void> {
  await update(session, layout, spread(1, rows, LEAVES * 3), '');
}

/** Changes rows where they are there: four of five updated, the fifth deleted. */
export async function changeRows(session: PgSession, layout: Layout, numbers: Numbers): Promise<void> {
  await update(session, layout, numbers, ' AND n % 5 > 0');
  const table = tableOf(layout);
  await session.query(`DELETE FROM ${table} AS t USING ${picked(numbers)} WHERE ${SAME} AND n % 5 = 0`);
  // What the server does by itself when a session ends, or was idle for some seconds.
  await session.query('SELECT pg_stat_force_next_flush()');
}

async function update(session: PgSession, layout: Layout, numbers: Numbers, and: string): Promise<void> {
  await session.query(
    `UPDATE ${tableOf(layout)} AS t SET amount = amount - 1 FROM ${picked(numbers)} WHERE ${SAME}${and}`,
  );
}

const SAME = 't.tx_id = p.key AND t.timestamp = p.at';

/** The whole key of each row as it was made, so that an index finds it, in its leaf alone. */
function picked(numbers: Numbers): string {
  return `(SELECT ${keySql('g')} AS key, ${timeSql('g')} AS at, n FROM (${numbers}) AS numbers) AS p`;
}

function tableOf(layout: Layout): string {
  return layout === 'flat' ? 'transactions' : 'monthly';
}
