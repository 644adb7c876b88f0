// (c) DuckDB's postgres extension, where it can be installed.
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const file = path.join(process.env.BENCH_EXCHANGE, 'extension.duckdb');
fs.rmSync(file, { force: true });
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
try {
  await connection.run('INSTALL postgres');
  await connection.run('LOAD postgres');
} catch {
  console.log('not available');
  process.exit(0);
}
await connection.run(`ATTACH '${process.env.DATABASE_URL}' AS source (TYPE postgres, READ_ONLY)`);
await connection.run('CREATE TABLE transactions AS FROM source.public.transactions');
await connection.run('CHECKPOINT');
connection.closeSync();
instance.closeSync();
console.log(fs.statSync(file).size);
fs.rmSync(file);
