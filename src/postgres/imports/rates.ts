import type { ExchangeRate } from '../../ingest/currency/ecb.ts';
import { beside, EXCHANGE_RATES } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import { copyIn } from '../copyIn.ts';
import type { PgSession } from '../session.ts';

export interface StoredRates {
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly currencies: number;
}

/** Brings the rates up to date with a history, within the caller's transaction: adds what is new, corrects what differs. */
export async function storeRates(
  session: PgSession,
  table: TableName,
  rates: Iterable<ExchangeRate>,
  signal: AbortSignal,
): Promise<StoredRates> {
  const target = postgresTable(beside(table, EXCHANGE_RATES));
  await session.query(
    `CREATE TEMP TABLE finance_db_rates (day date, currency text, rate numeric(20,8)) ON COMMIT DROP`,
  );
  const rows = function* (): Generator<readonly string[]> {
    for (const { day, currency, rate } of rates) yield [day, currency, rate];
  };
  const read = await copyIn(
    session,
    { schema: 'pg_temp', name: 'finance_db_rates' },
    ['day', 'currency', 'rate'],
    rows(),
    {
      signal,
    },
  );
  const [row] = await session.query<Record<string, string | null>>(`
WITH changed AS (
  UPDATE ${target} e SET rate = r.rate FROM pg_temp.finance_db_rates r
  WHERE e.day = r.day AND e.currency = r.currency AND e.rate <> r.rate RETURNING 1
), added AS (
  INSERT INTO ${target} (day, currency, rate) SELECT day, currency, rate FROM pg_temp.finance_db_rates
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM changed) AS changed, (SELECT pg_catalog.count(*) FROM added) AS added,
  pg_catalog.min(day) AS first, pg_catalog.max(day) AS last, pg_catalog.count(DISTINCT currency) AS currencies
FROM pg_temp.finance_db_rates`);
  return {
    read,
    added: Number(row?.added ?? 0),
    changed: Number(row?.changed ?? 0),
    first: row?.first ?? null,
    last: row?.last ?? null,
    currencies: Number(row?.currencies ?? 0),
  };
}
