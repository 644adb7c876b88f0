import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Makes a DuckDB file of these statements. */
export async function makeDuckDbFile(
  folder: string,
  statements: readonly string[],
  name = 'test.duckdb',
): Promise<string> {
  const file = path.join(folder, name);
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
  return file;
}
