import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';
import { DUCKDB_VIEWS, parseTableName } from '../../src/model/tableName.ts';

test("no table can have the name of one of DuckDB's own views, and all of these are known", async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found = await connection.runAndReadAll(
    "SELECT view_name FROM duckdb_views() WHERE internal AND schema_name = 'main' ORDER BY view_name",
  );
  connection.closeSync();
  instance.closeSync();
  expect(found.getRows().map(([name]) => name)).toEqual([...DUCKDB_VIEWS].sort());
  for (const name of DUCKDB_VIEWS) {
    expect(() => parseTableName(name)).toThrow(/DuckDB has of its own/);
    expect(() => parseTableName(`main.${name.toUpperCase()}`)).toThrow(/DuckDB has of its own/);
    expect(parseTableName(`books.${name}`)).toEqual({ schema: 'books', name });
  }
});
