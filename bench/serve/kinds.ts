/** A list's filter as its address has it, and as SQL. */
export interface Filter {
  readonly query: string;
  readonly sql: string;
}

/** A kind of list with filters enough that hardly one is asked for twice. */
export interface ListKind {
  readonly name: string;
  readonly filters: readonly Filter[];
  /** Whether it has so few rows that one page is all of it. */
  readonly short?: boolean;
}

const KINDS_OF_SHOP = ['market', 'coffee', 'pharmacy', 'books', 'grill', 'travel', 'fuel'];
const ACCOUNTS = [
  'acc-0',
  'acc-00',
  'acc-',
  'acc',
  'ac',
  'cc-00',
  'cc-0',
  'cc-',
  'cc',
  'c-00',
  'c-0',
  'c-',
  '-00',
  '-0',
];

/** Of the rows of bench/support/data.ts. */
export const LIST_KINDS: readonly ListKind[] = [
  { name: 'all', filters: [{ query: '', sql: 'true' }] },
  { name: 'search, a seventh has it', filters: KINDS_OF_SHOP.flatMap(parts).map((part) => search(part, 'merchant')) },
  { name: 'search, all have it', filters: ACCOUNTS.map((part) => search(part, 'account_id')) },
  { name: 'search, one merchant has it', filters: numbers(4000).map((n) => search(`#${n}`, 'merchant')) },
  { name: 'a category', filters: numbers(0).map((n) => exactly('category=', 'category', `Category ${n}`)) },
  {
    name: 'an account, behind a figure',
    filters: numbers(0).map((n) => exactly('only=account:', 'account_id', `acc-${String(n).padStart(4, '0')}`)),
  },
  { name: 'search for an amount', filters: numbers(1000).map(amount), short: true },
  { name: 'search that finds nothing', filters: numbers(0).map((n) => search(`zz${n}`, 'merchant')), short: true },
];

function numbers(from: number): number[] {
  return Array.from({ length: 30 }, (_, index) => from + index);
}

/** A word and some of what it is found by. */
function parts(word: string): string[] {
  return [word, word.slice(1), word.slice(0, -1)];
}

function search(part: string, column: string): Filter {
  return { query: `q=${encodeURIComponent(part)}`, sql: `contains(lower(${column}), '${part}')` };
}

function amount(units: number): Filter {
  return { query: `q=${units}.07`, sql: `abs(normalized_amount) = ${units}.07` };
}

function exactly(parameter: string, column: string, value: string): Filter {
  return { query: `${parameter}${encodeURIComponent(value)}`, sql: `${column} = '${value}'` };
}
