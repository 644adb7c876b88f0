import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runQuery } from '../../src/app/query/query.ts';
import { type DuckDbReader, openReader } from '../../src/duckdb/reader.ts';
import { generateSample } from '../../src/model/household/generate.ts';
import { parseQueryParams } from '../../src/model/queryParams.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = temporaryFolder();
let reader: DuckDbReader;

/** The built-in sample as a DuckDB file, its rows by way of a CSV file. */
beforeAll(async () => {
  const csv = path.join(folder.path, 'sample.csv');
  const lines = [...generateSample({ rows: 5000 })].map((row) =>
    row.map((text) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`)).join(','),
  );
  fs.writeFileSync(csv, `${lines.join('\n')}\n`);
  const types = {
    text: () => 'VARCHAR',
    decimal: () => 'DECIMAL(15,2)',
    timestamp: () => 'TIMESTAMP',
    boolean: () => 'BOOLEAN',
  };
  const columns = TRANSACTIONS_COLUMNS.map(({ name, rule }) => `"${name}" ${types[rule.kind]()}`);
  const file = await makeDuckDbFile(folder.path, [
    `CREATE TABLE transactions (${columns.join(', ')})`,
    `COPY transactions FROM '${csv}' (FORMAT csv, HEADER false)`,
  ]);
  reader = await openReader(file);
});
afterAll(() => {
  reader.close();
  folder.remove();
});

async function rowsOf(sql: string): Promise<number> {
  let rows = 0;
  const params = sql.includes('$merchant') ? parseQueryParams(['merchant=e']) : [];
  for await (const result of runQuery(reader, { sql, params, signal: new AbortController().signal }))
    for await (const chunk of result.chunks) rows += chunk.rowCount;
  return rows;
}

describe('queries that come with the tool', () => {
  const queries = path.join(root, 'queries');
  test.each(fs.readdirSync(queries))('%s says what it is, and answers', async (name) => {
    const sql = fs.readFileSync(path.join(queries, name), 'utf8');
    expect(sql).toMatch(/^-- \S/);
    expect(await rowsOf(sql)).toBeGreaterThan(0);
  });
});

describe('docs/queries.md', () => {
  const text = fs.readFileSync(path.join(root, 'docs/queries.md'), 'utf8');
  const blocks = [...text.matchAll(/### (\d+\. .*)\n[\s\S]*?```sql\n([\s\S]*?)```/g)].map(
    ([, title = '', sql = '']) => ({ title, sql }),
  );

  test('answers ten questions', () => {
    expect(blocks).toHaveLength(10);
  });

  test.each(blocks)('$title', async ({ sql }) => {
    expect(await rowsOf(sql)).toBeGreaterThan(0);
  });

  test('shows the saved queries as they are', () => {
    for (const [, name = '', sql] of text.matchAll(/--saved ([\w-]+)`[^\n]*\n\n```sql\n([\s\S]*?)```/g)) {
      expect(fs.readFileSync(path.join(root, 'queries', `${name}.sql`), 'utf8').replace(/^--.*\n/, '')).toBe(sql);
    }
  });
});
