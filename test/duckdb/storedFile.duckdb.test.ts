import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStored, type StoredFile } from '../../src/duckdb/storedFile.ts';
import { openWorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('a scan of a published file', () => {
  const folder = temporaryFolder();
  const options = { memory: '200MB', threads: 1, temporaryFolder: path.join(folder.path, 'tmp') };
  const file = path.join(folder.path, 'finance.duckdb');
  let stored: StoredFile;

  beforeAll(async () => {
    const copy = await openWorkingCopy(file, options);
    // 32 MB that no compression takes away.
    await copy.run('CREATE TABLE main.t AS SELECT hash(i) AS a, hash(i + 1) AS b FROM range(2_000_000) AS r(i)');
    await copy.close();
    stored = await openStored(file, options, '16MB');
  });
  afterAll(() => {
    stored.abandon();
    folder.remove();
  });

  const scan = <T>(work: () => Promise<T>): Promise<T> => {
    if (stored.scan === undefined) throw new Error('no way to scan');
    return stored.scan(work);
  };
  const one = async (sql: string): Promise<string | null | undefined> => (await stored.all<{ v: string }>(sql))[0]?.v;
  const limit = (): Promise<string | null | undefined> => one("SELECT current_setting('memory_limit') AS v");
  const cached = async (): Promise<number> =>
    Number(await one("SELECT memory_usage_bytes::VARCHAR AS v FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"));
  const SUM = 'SELECT sum(a & b & 255)::VARCHAR AS v FROM main.t';

  test('keeps few of the blocks that it has read, and says the same', async () => {
    const sum = await scan(() => one(SUM));
    expect(await cached()).toBeLessThan(16e6);
    expect(await one(SUM)).toBe(sum);
    expect(await cached()).toBeGreaterThan(30e6);
    // What was cached meanwhile has to go first.
    expect(await scan(() => one(SUM))).toBe(sum);
    expect(await cached()).toBeLessThan(16e6);
  });

  test('is done with all the memory that there is when it needs more, which is there again afterwards in any case', async () => {
    const usual = await limit();
    const limits: unknown[] = [];
    const large = async (): Promise<unknown> => {
      limits.push(await limit());
      return one('SELECT len(list(a))::VARCHAR AS v FROM main.t');
    };
    expect(await scan(large)).toBe('2000000');
    expect(limits).toEqual([expect.not.stringContaining(usual ?? ''), usual]);
    const failed = new FinanceDbError('INTERNAL', 'gone');
    await expect(scan(() => Promise.reject(failed))).rejects.toBe(failed);
    expect(await limit()).toBe(usual);
  });

  test('has no way of its own when somebody chose how much memory there is', async () => {
    const chosen = await openStored(file, options);
    expect(chosen.scan).toBeUndefined();
    chosen.abandon();
  });
});
