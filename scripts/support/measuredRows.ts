import { DuckDBInstance } from '@duckdb/node-api';
import { NO_FILTERS } from '../../src/analytics/filters.ts';
import type { StatsRequest } from '../../src/analytics/request.ts';
import { type CategoryUse, readVocabulary, vocabularySql } from '../../src/analytics/vocabulary.ts';
import { generateSample } from '../../src/model/household/generate.ts';
import { quoteLiteral } from '../../src/model/identifier.ts';
import { ALL_TIME } from '../../src/model/period.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';

/** A DuckDB in memory in which the methods of reports are measured. */
export interface MeasuredRows {
  all<T>(sql: string): Promise<T[]>;
  run(sql: string): Promise<unknown>;
  close(): void;
}

/**
 * Loads rows in our own columns into a table, typed as `init` would.
 * @param file a CSV; null for a household of the generator
 * @param seed of that household; 1 is the sample's
 */
export async function loadRows(file: string | null, table: string, seed = 1): Promise<MeasuredRows> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const run = (sql: string): Promise<unknown> => connection.run(sql);
  if (file === null) {
    await run(`CREATE TABLE loaded (${TRANSACTIONS_COLUMNS.map(({ name }) => `"${name}" VARCHAR`).join(', ')})`);
    const rows = [...generateSample({ rows: 5000, seed })].map(
      (row) => `(${row.map((value) => (value === null ? 'NULL' : quoteLiteral(value))).join(', ')})`,
    );
    await run(`INSERT INTO loaded VALUES ${rows.join(', ')}`);
  } else await run(`CREATE TABLE loaded AS FROM read_csv(${quoteLiteral(file)}, all_varchar = true)`);
  await run(`CREATE TABLE ${table} AS SELECT * REPLACE ("timestamp"::TIMESTAMP AS "timestamp",
    amount::DECIMAL(15, 2) AS amount, normalized_amount::DECIMAL(15, 2) AS normalized_amount) FROM loaded`);
  return {
    run,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
    all: async <T>(sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson() as unknown as T[],
  };
}

/** A report on all of the table `transactions`, as seen on its last day. */
export async function wholeRequest({ all }: MeasuredRows, changes: Partial<StatsRequest>): Promise<StatsRequest> {
  const [span] = await all<{ last: string }>('SELECT max("timestamp")::DATE AS last FROM transactions');
  return {
    source: { table: 'transactions', whole: 'transactions', scale: 2, amountScale: 2 },
    vocabulary: readVocabulary(await all<CategoryUse>(vocabularySql('transactions'))),
    calendar: { today: span?.last ?? '', monthStart: 1 },
    ...{ period: ALL_TIME, span: null, file: null, filters: NO_FILTERS, withTransfers: false },
    ...{ interval: 'month', groupBy: null, months: 1, backtest: false, openings: [], statements: null },
    ...{ depth: 1, sort: null, limit: null },
    ...changes,
  };
}
