import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { generateSample } from '../../src/model/household/generate.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';

type Row = readonly (string | null)[];

const DDL = `CREATE TABLE transactions (${TRANSACTIONS_COLUMNS.map(({ name, rule }) => `"${name}" ${typeOf(rule.kind)}`).join(', ')})`;

function typeOf(kind: string): string {
  return { text: 'VARCHAR', decimal: 'DECIMAL(15,2)', timestamp: 'TIMESTAMP' }[kind] ?? 'BOOLEAN';
}

/** Makes a DuckDB file with a table of transactions and returns its path. */
export async function statsFile(
  folder: string,
  rows: Iterable<Row>,
  extraSql: readonly string[] = [],
): Promise<string> {
  const file = path.join(folder, 'stats.duckdb');
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(DDL);
  // Not by INSERT: to parse and plan thousands of values takes ten times as long.
  const appender = await connection.createAppender('transactions');
  for (const row of rows) {
    for (const value of row) {
      if (value === null) appender.appendNull();
      else appender.appendVarchar(value);
    }
    appender.endRow();
  }
  appender.closeSync();
  for (const sql of extraSql) await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
  return file;
}

/** The deterministic household that `finance-db init` loads. */
export function householdFile(folder: string): Promise<string> {
  return statsFile(folder, generateSample({ rows: 5000 }));
}

/** One transaction; what a test does not care about is filled in. */
export interface SimpleRow {
  readonly day: string;
  readonly amount: string;
  readonly account?: string;
  readonly merchant?: string | null;
  readonly category?: string | null;
  readonly subcategory?: string | null;
  readonly channel?: string | null;
  readonly mcc?: string | null;
  readonly currency?: string;
  /** The amount itself unless given. */
  readonly normalized?: string | null;
}

export function simpleRows(rows: readonly SimpleRow[]): Row[] {
  return rows.map((row, index) => {
    const time = row.day.length > 10 || row.day.endsWith('infinity') ? row.day : `${row.day} 12:00:00`;
    return [
      `t-${String(index).padStart(4, '0')}`,
      time,
      row.amount,
      row.currency ?? 'USD',
      row.merchant === undefined ? 'Shop' : row.merchant,
      row.mcc === undefined ? '5411' : row.mcc,
      row.account ?? 'a',
      null,
      null,
      row.channel === undefined ? 'pos' : row.channel,
      row.category === undefined ? 'Groceries' : row.category,
      row.subcategory ?? null,
      'false',
      row.normalized === undefined ? row.amount : row.normalized,
      time,
    ];
  });
}
