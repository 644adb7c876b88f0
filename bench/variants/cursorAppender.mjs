// (b) What most scripts do: batches from a cursor, and an appender that gets them value by value.
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBDecimalValue, DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';
import pg from 'pg';

const file = path.join(process.env.BENCH_EXCHANGE, 'cursor.duckdb');
fs.rmSync(file, { force: true });
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
const TEXT = 'VARCHAR';
const TYPES = [
  TEXT,
  'TIMESTAMP',
  'DECIMAL(15,2)',
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  TEXT,
  'BOOLEAN',
  'DECIMAL(15,2)',
  'TIMESTAMP',
];
await connection.run(`CREATE TABLE transactions (${TYPES.map((type, index) => `c${index} ${type}`).join(', ')})`);
const appender = await connection.createAppender('transactions');
await client.query('BEGIN');
await client.query('DECLARE rows NO SCROLL CURSOR FOR SELECT * FROM transactions');
for (;;) {
  const { rows } = await client.query({ text: 'FETCH 10000 FROM rows', rowMode: 'array' });
  if (rows.length === 0) break;
  for (const row of rows) {
    for (let index = 0; index < TYPES.length; index++) {
      const value = row[index];
      if (value === null) appender.appendNull();
      else if (TYPES[index] === TEXT) appender.appendVarchar(value);
      else if (TYPES[index] === 'TIMESTAMP')
        appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value.getTime()) * 1000n));
      else if (TYPES[index] === 'BOOLEAN') appender.appendBoolean(value);
      else appender.appendDecimal(new DuckDBDecimalValue(BigInt(value.replace('.', '')), 15, 2));
    }
    appender.endRow();
  }
  appender.flushSync();
}
appender.closeSync();
await client.end();
await connection.run('CHECKPOINT');
connection.closeSync();
instance.closeSync();
console.log(fs.statSync(file).size);
fs.rmSync(file);
