// (a) The plain shell way: the server writes a CSV file, then DuckDB makes a table of it, one after the other.
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';

const csv = path.join(process.env.BENCH_EXCHANGE, 'transactions.csv');
const file = path.join(process.env.BENCH_EXCHANGE, 'shell.duckdb');
fs.rmSync(file, { force: true });
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(`COPY transactions TO '${csv}' (FORMAT csv)`);
await client.end();
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
await connection.run(`CREATE TABLE transactions AS FROM read_csv('${csv}', header = false, columns = {
  tx_id: 'VARCHAR', timestamp: 'TIMESTAMP', amount: 'DECIMAL(15,2)', currency: 'VARCHAR', merchant: 'VARCHAR', mcc: 'VARCHAR',
  account_id: 'VARCHAR', city: 'VARCHAR', state: 'VARCHAR', channel: 'VARCHAR', category: 'VARCHAR', subcategory: 'VARCHAR',
  is_recurring: 'BOOLEAN', normalized_amount: 'DECIMAL(15,2)', created_at: 'TIMESTAMP'})`);
await connection.run('CHECKPOINT');
connection.closeSync();
instance.closeSync();
console.log(fs.statSync(file).size);
fs.rmSync(csv);
fs.rmSync(file);
