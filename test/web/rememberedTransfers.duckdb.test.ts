import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TRANSACTION_SORTS, type TransactionSort } from '../../src/analytics/transactionPage.ts';
import { type TransactionRow, type TransactionSums, transactionSumsSql } from '../../src/analytics/transactions.ts';
import { lookThrough } from '../../src/app/dashboard/knownRows.ts';
import { readTransaction } from '../../src/app/dashboard/transaction.ts';
import {
  parseTransactionsInput,
  readTransactions,
  transactionsFileSql,
  transactionsSlicesSql,
} from '../../src/app/dashboard/transactions.ts';
import { runStats } from '../../src/app/stats/stats.ts';
import { parseStatsFlags, type StatsFlags } from '../../src/app/stats/statsFlags.ts';
import { prepareRequest, type StatsInput } from '../../src/app/stats/statsRequest.ts';
import { loadConfig } from '../../src/config/config.ts';
import { type DuckDbReader, openReader } from '../../src/duckdb/reader.ts';
import { RowFinder } from '../../src/duckdb/rowFinder.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';
import { thorough } from '../support/thorough.ts';

const folder = temporaryFolder();
let plain: DuckDbReader;
/** As a page's reader: transfers are found by statements of their own, and their row ids are written into the others. */
let remembering: DuckDbReader;
beforeAll(async () => {
  plain = await openReader(await statsFile(folder.path, simpleRows(rows(thorough(60, 120)))));
  remembering = { ...plain, remembers: true };
});
afterAll(() => {
  plain.close();
  folder.remove();
});

/** Pairs, legs without a partner, rows that could be legs, values that many rows share, and none. */
function rows(count = 120): SimpleRow[] {
  const made: SimpleRow[] = [];
  for (let index = 0; index < count; index++) {
    const day = `2026-${String((index % 10) + 1).padStart(2, '0')}-${String(((index * 7) % 28) + 1).padStart(2, '0')}`;
    made.push({
      day,
      amount: `-${(index * 37) % 11}.50`,
      merchant: index % 9 === 0 ? null : (['Shop', 'shop', "O'Hara", ''][index % 4] ?? null),
      category: ['Dining', 'Groceries', null, 'Other'][index % 4] ?? null,
      account: ['checking', 'card'][index % 2] ?? 'card',
      currency: ['USD', 'EUR'][index % 7 === 0 ? 1 : 0] ?? 'USD',
      normalized: index % 13 === 0 ? null : `-${(index * 37) % 11}.50`,
      mcc: index % 5 === 0 ? null : '5411',
    });
    if (index % 6 === 0)
      made.push(
        { day, amount: '-300', account: 'checking', category: 'Transfer', merchant: null },
        { day, amount: '300', account: 'savings', category: index % 12 ? null : 'Transfer', merchant: null, mcc: null },
      );
    if (index % 40 === 0) made.push({ day, amount: `-${777 + index}`, category: 'Transfer', merchant: null });
  }
  made.push({ day: 'infinity', amount: '-3.50' }, { day: 'infinity', amount: '-4.50', merchant: null });
  return made;
}

function input(flags: StatsFlags = {}): StatsInput {
  const config = loadConfig({ duckdb: '/x' }, { FINANCE_DB_TODAY: '2026-11-22', HOME: '/nonexistent' }, '/');
  return parseStatsFlags({ config, io: { now: () => new Date() } }, flags);
}

const REQUESTS: readonly [string, StatsFlags][] = [
  ['all', {}],
  ['a period that cuts pairs apart', { period: '2026-03' }],
  ['a filter on one side of the pairs', { account: ['checking'] }],
  ['transfers kept', { withTransfers: true }],
];

describe.each(REQUESTS)('%s', (_, flags) => {
  test.each(['overview', 'categories', 'cashflow', 'merchants', 'anomalies'] as const)(
    '%s is the same whether or not transfers are remembered',
    async (report) => {
      const asked = input(flags);
      const table = async (reader: DuckDbReader) => (await runStats(reader, report, asked, null)).table;
      expect(await table(remembering)).toEqual(await table(plain));
    },
  );

  test.each(TRANSACTION_SORTS)('a list by %s: every row once, in order, however it is cut into pages', async (sort) => {
    const whole = await pages(plain, flags, sort, 1000);
    expect(await pages(remembering, flags, sort, 1000)).toEqual(whole);
    expect((await pages(remembering, flags, sort, 23)).rows).toEqual(whole.rows);
    expect(whole.rows).toHaveLength(Number(whole.sums.count));
    expect(new Set(whole.rows.map(({ tx_id }) => tx_id)).size).toBe(whole.rows.length);
    requireOrder(whole.rows, sort);
  });

  test('the slices of a file are the file', async () => {
    const asked = parseTransactionsInput(new URLSearchParams());
    const all = await plain.all(await transactionsFileSql(plain, input(flags), asked));
    const sliced: unknown[] = [];
    for (const sql of await transactionsSlicesSql(remembering, input(flags), asked, 20))
      sliced.push(...(await remembering.all(sql)));
    expect(sliced).toEqual(all);
  });
});

describe('what is known of a file spares reading it, and changes nothing', () => {
  let knowing: DuckDbReader;
  let doubled: DuckDbReader;
  beforeAll(async () => {
    doubled = await openReader(
      await statsFile(other.path, simpleRows(rows()), [`UPDATE transactions SET tx_id = 'twice' WHERE rowid < 2`]),
    );
    knowing = knowingReader(doubled);
    await lookThrough(knowing, doubled, input());
  });
  const other = temporaryFolder();
  afterAll(() => {
    doubled.close();
    other.remove();
  });

  const list = (reader: DuckDbReader, flags: StatsFlags, more: Record<string, string>) =>
    readTransactions(reader, input(flags), parseTransactionsInput(new URLSearchParams(more)), null);

  test('words, amounts and ids', async () => {
    const some = (await list(doubled, {}, { rows: '7' })).rows.at(-1)?.tx_id ?? '';
    const searches = ['SHOP', "o'h", 'Dining', 'chec', '1.50', '-300', some, some.slice(0, -1), 'twice', 'absent'];
    const shown = async (reader: DuckDbReader, flags: StatsFlags, more: Record<string, string>) => {
      const { rows: found, sums, next } = await list(reader, flags, more);
      return { found, sums, next };
    };
    for (const search of searches)
      for (const [flags, more] of [
        [{}, { q: search }],
        [{ withTransfers: true }, { only: `id:${search}` }],
        [{}, { q: search, 'every-row': '1', order: 'amount' }],
      ] as const)
        expect(await shown(knowing, flags, more)).toEqual(await shown(doubled, flags, more));
    const found = async (more: Record<string, string>) => (await list(knowing, {}, more)).sums.count;
    expect(await found({ q: some })).toBe('1');
    expect(await found({ q: some.slice(0, -1) })).toBe('0');
    expect(await found({ only: 'id:twice', 'every-row': '1' })).toBe('2');
    expect(await found({ q: 'absent' })).toBe('0');
  });

  test.each(['amount', '-amount'] as const)(
    'a list by %s, whose pages are expected to end where the amounts of the file say',
    async (sort) => {
      const { asked, watched } = watching(knowing);
      const lists: readonly [StatsFlags, Record<string, string>][] = [
        [{}, {}],
        [{ period: '2026-03' }, { q: 'shop' }],
        // These lie at both ends, and nothing between.
        [{}, { 'every-row': '1', only: 'category:Transfer' }],
        [{}, { 'every-row': '1', only: 'normalized:no' }],
      ];
      for (const [flags, more] of lists) {
        const whole = await pages(doubled, flags, sort, 1000, more);
        for (const size of thorough([11], [4, 29]))
          expect(await pages(watched, flags, sort, size, more)).toEqual(whole);
      }
      expect(asked.filter((sql) => sql.includes('page_end'))).toEqual([]);
    },
  );

  test('a list by merchant, whose merchants are looked for alone where they are likely to fill a page', async () => {
    const lists: readonly [StatsFlags, Record<string, string>][] = [
      [{}, {}],
      [{}, { q: 'SHOP' }],
      [{}, { q: 'chec' }],
      [{ account: ['card'], period: '2026-03..2026-08' }, {}],
      [{}, { 'every-row': '1' }],
      [{}, { 'every-row': '1', only: 'category:Transfer' }],
    ];
    for (const [flags, more] of lists) {
      const whole = await pages(doubled, flags, 'merchant', 1000, more);
      requireOrder(whole.rows, 'merchant');
      for (const size of thorough([more['q'] === undefined ? 29 : 6], [6, 29])) {
        // Another file each time: what was counted for a list is not guessed any more.
        const fresh = knowingReader(doubled);
        await lookThrough(fresh, doubled, input());
        const { asked, watched } = watching(fresh);
        expect(await pages(watched, flags, 'merchant', size, more)).toEqual(whole);
        const first = asked.find((sql) => /sum\(n\)|sort_value/.test(sql));
        if (size === 6 && more['q'] !== undefined) expect(first).toContain('sort_value');
      }
    }
  });

  test('a row and what is near to it', async () => {
    for (const id of [...(await list(doubled, {}, { rows: '5' })).rows.map(({ tx_id }) => tx_id ?? ''), 'absent'])
      expect(await readTransaction(knowing, input(), id)).toEqual(await readTransaction(doubled, input(), id));
  });

  test('no row is read where no word and no id fits', async () => {
    const { asked, watched } = watching(knowing);
    await list(watched, {}, { q: 'nobody has this' });
    const conditions = asked.filter((sql) => /nobody has this|WHERE false/.test(sql));
    expect(conditions.length).toBeGreaterThan(1);
    expect(conditions.filter((sql) => !/^SELECT \(hash\(|WHERE false|AND false/.test(sql))).toEqual([]);
  });
});

/** A reader that tells what it was asked. */
function watching(reader: DuckDbReader): { readonly asked: string[]; readonly watched: DuckDbReader } {
  const asked: string[] = [];
  const all: DuckDbReader['all'] = (sql, params) => {
    asked.push(sql);
    return reader.all(sql, params);
  };
  return { asked, watched: { ...reader, all } };
}

/** As the server's: each statement is asked once, and rows are found by their ids. */
function knowingReader(of: DuckDbReader): DuckDbReader {
  const memo = new Map<string, unknown>();
  return {
    ...of,
    remembers: true,
    rows: new RowFinder(0),
    knows: (sql) => memo.has(sql),
    async all<T>(sql: string, params?: Parameters<DuckDbReader['all']>[1]): Promise<T[]> {
      const key = params === undefined ? sql : `${sql} ${JSON.stringify(params)}`;
      if (!memo.has(key)) memo.set(key, await of.all<T>(sql, params));
      return memo.get(key) as T[];
    },
  };
}

test.each([
  [{}, null],
  [{ currency: 'EUR' }, 'EUR'],
  [{ merchant: 'nobody' }, null],
] as const)('the currency of all rows, whatever the first ones have: %j', async (flags, currency) => {
  const { request } = await prepareRequest(plain, 'health', input(flags));
  const query = { request: { ...request, withTransfers: true }, only: [], search: null };
  const [whole] = await plain.all<TransactionSums>(transactionSumsSql(query));
  expect(whole?.currency ?? null).toBe(currency);
  for (const perhaps of ['EUR', 'USD']) {
    const [sums] = await plain.all<TransactionSums>(transactionSumsSql(query, { perhaps }));
    expect(sums).toEqual(perhaps === currency ? whole : { ...whole, currency: null, original: null });
  }
});

test('rows without a day come last in both directions', async () => {
  for (const sort of ['date', '-date'] as const) {
    const { rows: listed } = await pages(remembering, {}, sort, 50, { 'every-row': '1' });
    expect(listed.slice(-2).map(({ timestamp }) => timestamp)).toEqual([null, null]);
    expect(listed.slice(0, -2).every(({ timestamp }) => timestamp !== null)).toBe(true);
  }
});

test.each([
  ['a place of another order', '-date', ['Shop', 'x', '1']],
  ['no day', '-date', ['2026-02-30 00:00:00', 'x', '1']],
  ['SQL', 'amount', ['1 OR true', 'x', '1']],
  ['no row', 'amount', ['1.00', 'x', 'x']],
  ['no moment', 'merchant', ['Shop', 'x', '1']],
  ['what is no moment', 'merchant', ['Shop', 'x', '1', 'now()']],
])('after: %s is refused', (_, order, place) => {
  const after = Buffer.from(JSON.stringify(place)).toString('base64url');
  expect(() => parseTransactionsInput(new URLSearchParams({ order, after }))).toThrow(/no place in a list/);
});

async function pages(
  reader: DuckDbReader,
  flags: StatsFlags,
  sort: TransactionSort,
  size: number,
  more: Record<string, string> = {},
): Promise<{ rows: TransactionRow[]; sums: unknown & { count: string } }> {
  const listed: TransactionRow[] = [];
  let after: string | null = null;
  for (;;) {
    const query = new URLSearchParams({
      order: sort,
      rows: String(size),
      ...(after === null ? {} : { after }),
      ...more,
    });
    const page = await readTransactions(reader, input(flags), parseTransactionsInput(query), null);
    listed.push(...page.rows);
    after = page.next;
    if (after === null) return { rows: listed, sums: page.sums };
  }
}

function requireOrder(listed: readonly TransactionRow[], sort: TransactionSort): void {
  const column = ({ date: 'timestamp', amount: 'normalized_amount', merchant: 'merchant' } as const)[
    sort.replace('-', '') as 'date' | 'amount' | 'merchant'
  ];
  const values = listed.map((row) => row[column]);
  const valued = values.filter((value) => value !== null);
  expect(values.slice(valued.length).every((value) => value === null)).toBe(true);
  const compare = (a: string, b: string): number =>
    column === 'normalized_amount' ? Number(a) - Number(b) : Buffer.compare(Buffer.from(a), Buffer.from(b));
  const direction = sort.startsWith('-') ? -1 : 1;
  expect(valued).toEqual([...valued].sort((a, b) => direction * compare(a, b)));
  if (column !== 'merchant') return;
  // Of one merchant the newest come first, those without a day last, and of one moment it is the ids.
  for (const [at, { merchant, timestamp, tx_id }] of listed.entries()) {
    const next = listed[at + 1];
    if (next === undefined || next.merchant !== merchant) continue;
    if (timestamp === next.timestamp) expect((tx_id ?? '') <= (next.tx_id ?? '')).toBe(true);
    else expect((timestamp ?? '') > (next.timestamp ?? '')).toBe(true);
  }
}
