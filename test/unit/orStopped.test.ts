import { describe, expect, test } from '@jest/globals';
import { orStopped } from '../../src/duckdb/orStopped.ts';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';

describe('a step that takes no notice of an interruption', () => {
  const reason = new FinanceDbError('QUERY_TIMEOUT', 'late');
  const deaf = new Promise<never>(() => undefined);

  test.each(['before', 'after'])('is given up a moment %s the signal was listened to', async (order) => {
    const stop = new AbortController();
    let abandoned = 0;
    if (order === 'before') stop.abort(reason);
    const waited = orStopped(deaf, stop.signal, () => abandoned++, 1);
    if (order === 'after') stop.abort(reason);
    await expect(waited).rejects.toBe(reason);
    expect(abandoned).toBe(1);
  });

  test('one that obeys is not, and keeps its own outcome', async () => {
    const stop = new AbortController();
    let abandoned = 0;
    expect(await orStopped(Promise.resolve(1), stop.signal, () => abandoned++, 1)).toBe(1);
    stop.abort(reason);
    await expect(orStopped(Promise.reject(new Error('own')), stop.signal, () => abandoned++, 1)).rejects.toThrow('own');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(abandoned).toBe(0);
  });
});
