import type { NumberStyle } from './amount.ts';
import type { ColumnSample } from './columnSample.ts';
import type { ColumnRole, CsvProfile, SignRule } from './profile.ts';
import { DECLINED_WORDS, PENDING_WORDS } from './vocabulary.ts';

/** A way to read a file: a profile whose columns are numbers. */
export interface Candidate {
  readonly profile: CsvProfile;
  /** A column with marks that the profile does not need, for checking signs: its position. */
  readonly markColumn: {
    readonly at: number;
    readonly debit: readonly string[];
    readonly credit: readonly string[];
  } | null;
}

/** Roles of which the first column that has them is taken. */
const SIMPLE: readonly ColumnRole[] = [
  'time',
  'accountName',
  'currency',
  'payee',
  'code',
  'bankId',
  'status',
  'mcc',
  'city',
  'state',
  'category',
  'subcategory',
  'originalAmount',
  'originalCurrency',
];
/** Columns whose words belong to the text of an entry. */
const IN_TEXT: readonly (ColumnRole | null)[] = [null, 'payee', 'code'];

/**
 * The ways in which a file may be read by what its first rows look like, the likeliest first; none without a date and an amount.
 * @param delimiter of the file
 */
export function candidates(columns: readonly ColumnSample[], delimiter: string, style: NumberStyle): Candidate[] {
  const date = dateColumn(columns);
  if (date === null) return [];
  const marks = columns.find((column) => column.marks !== null && column.filled > 0.9) ?? null;
  return accountReadings(columns).flatMap((accounts) =>
    withAmounts(columns, baseProfile(columns, date, accounts, delimiter, style), marks),
  );
}

function withAmounts(columns: readonly ColumnSample[], base: CsvProfile, marks: ColumnSample | null): Candidate[] {
  const found: Candidate[] = [];
  for (const { amount, sign } of amounts(columns, marks))
    for (const balance of balances(columns, Object.values(amount))) {
      const usesMark = typeof sign === 'object';
      const used = new Set([...Object.values(amount), balance].filter((column) => column !== null));
      const profileColumns: CsvProfile['columns'] = {
        ...base.columns,
        ...Object.fromEntries(Object.entries(amount).map(([role, column]) => [role, column.position + 1])),
        ...(balance === null ? {} : { balance: balance.position + 1 }),
        ...(usesMark && marks !== null ? { mark: marks.position + 1 } : {}),
        text: textColumns(columns, new Set([...used, ...(usesMark && marks !== null ? [marks] : [])])),
      };
      found.push({
        profile: { ...base, sign, columns: profileColumns },
        markColumn: marks === null || marks.marks === null || usesMark ? null : { at: marks.position, ...marks.marks },
      });
    }
  return found;
}

function dateColumn(columns: readonly ColumnSample[]): ColumnSample | null {
  const dates = columns.filter(({ kind, filled }) => kind === 'date' && filled >= 0.5);
  const score = ({ role, booking }: ColumnSample): number => booking + (role === 'valueDate' ? -0.5 : 0);
  return dates.reduce<ColumnSample | null>(
    (best, column) => (best === null || score(column) > score(best) ? column : best),
    null,
  );
}

/** Which columns hold the account and that of the other party. */
interface Accounts {
  readonly own: ColumnSample | null;
  readonly counter: ColumnSample | null;
}

/**
 * A column called `IBAN` may be the account of the file or the other party's, one of card numbers the account or only the card that
 * was used: where its values change, all are tried, and the running balance, which closes for each account, decides.
 */
function accountReadings(columns: readonly ColumnSample[]): Accounts[] {
  const given = columns.find(({ role, filled }) => role === 'counterAccount' && filled > 0) ?? null;
  const named = columns.filter(({ role, filled }) => role === 'account' && filled > 0);
  const counterBeside = (own: ColumnSample | null): ColumnSample | null =>
    given ?? named.find((column) => column !== own && mayBeCounter(column)) ?? null;
  const owns = named.filter(({ filled }) => filled > 0.5);
  const isPayeeThere = columns.some(({ role, filled }) => role === 'payee' && filled > 0);
  const likely = owns.find((column) => !mayBeCounter(column) || !isPayeeThere || isRepeated(column));
  const single = likely !== undefined && likely.filled === 1 && likely.distinct.size === 1;
  const others = owns.filter((column) => column !== likely);
  const choices = single ? [likely] : likely === undefined ? [null, ...others] : [likely, null, ...others];
  return choices.map((own) => ({ own: own ?? unnamedAccount(columns), counter: counterBeside(own) }));
}

/** Of the other party, where values change or are missing; a card is no other party. */
function mayBeCounter({ name, filled, distinct }: ColumnSample): boolean {
  return !/card|karte|carte/i.test(name) && (filled < 1 || distinct.size > 1);
}

/** Some accounts with many rows each, and not another one in nearly each row. */
function isRepeated({ filled, distinct, used }: ColumnSample): boolean {
  return filled === 1 && distinct.size * 3 <= used.length;
}

/** Without names: one number in all rows. */
function unnamedAccount(columns: readonly ColumnSample[]): ColumnSample | null {
  const constant = columns.find(
    ({ name, kind, distinct, filled }) =>
      name === '' &&
      kind !== 'date' &&
      filled === 1 &&
      distinct.size === 1 &&
      [...distinct].every((value) => /^[A-Z]{2}\d\d[A-Z0-9 ]{10,}$|^'?[\d*xX][\d*xX ./-]{7,}$/.test(value)),
  );
  return constant ?? null;
}

function baseProfile(
  columns: readonly ColumnSample[],
  date: ColumnSample,
  { own, counter }: Accounts,
  delimiter: string,
  style: NumberStyle,
): CsvProfile {
  const roles: Partial<Record<ColumnRole, number>> = { date: date.position + 1 };
  const others = columns.filter((column) => column !== date && column !== own && column !== counter);
  const value =
    others.find(({ kind, role }) => kind === 'date' && role === 'valueDate') ??
    (date.name === '' ? others.find(({ kind, filled }) => kind === 'date' && filled > 0.9) : undefined);
  if (value?.formats.some((format) => date.formats.includes(format))) roles.valueDate = value.position + 1;
  for (const role of SIMPLE) {
    const column = others.find(
      (one) => one.role === role && one.filled > 0 && (role !== 'code' || one.kind !== 'number'),
    );
    if (column !== undefined) roles[role] = column.position + 1;
  }
  const unnamedCurrency = others.find(({ name, kind }) => name === '' && kind === 'currency');
  if (roles.currency === undefined && unnamedCurrency !== undefined) roles.currency = unnamedCurrency.position + 1;
  if (own !== null) roles.account = own.position + 1;
  if (counter !== null) roles.counterAccount = counter.position + 1;
  if (roles.originalCurrency === undefined) delete roles.originalAmount;
  const isCard = columns.some(({ name }) => /\bcard|karte/i.test(name));
  return {
    name: '',
    match: null,
    encoding: null,
    delimiter,
    skipLines: 0,
    columns: { ...roles, text: [] },
    dateFormat: date.formats[0] ?? 'YMD',
    numbers: style,
    sign: 'signed',
    currency: null,
    account: null,
    accountType: isCard ? 'card' : 'bank',
    order: null,
    pending: roles.status === undefined ? [] : PENDING_WORDS,
    declined: roles.status === undefined ? [] : DECLINED_WORDS,
    ignore: [],
    opening: [],
    closing: [],
    fixed: {},
  };
}

interface AmountChoice {
  readonly amount: { readonly amount: ColumnSample } | { readonly debit: ColumnSample; readonly credit: ColumnSample };
  readonly sign: SignRule;
}

/** Columns that may hold the amounts, the likeliest first. */
function amounts(columns: readonly ColumnSample[], marks: ColumnSample | null): AmountChoice[] {
  const numbers = columns.filter(({ kind }) => kind === 'number');
  const single = (column: ColumnSample): AmountChoice => ({
    amount: { amount: column },
    sign: column.negatives === 0 && marks?.marks ? marks.marks : 'signed',
  });
  // Where there is no other amount, the original one is what was booked.
  const hasAmount = numbers.some(({ role }) => role === 'amount' || role === 'debit');
  const named = numbers
    .filter(({ role }) => role === 'amount' || (role === 'originalAmount' && !hasAmount))
    .sort(
      (left, right) =>
        right.filled - left.filled || plainness(left) - plainness(right) || left.position - right.position,
    )
    .map(single);
  const debit = numbers.find(({ role }) => role === 'debit');
  const credit = numbers.find(({ role, position }) => role === 'credit' && position !== debit?.position);
  const pair = debit !== undefined && credit !== undefined ? [pairOf(debit, credit)] : [];
  // An amount with signs says it all; else columns for both ways are meant.
  const signedFirst = named.length > 0 && named.some(({ amount }) => 'amount' in amount && amount.amount.negatives > 0);
  const byName = signedFirst ? [...named, ...pair] : [...pair, ...named];
  if (byName.length > 0) return byName;
  const money = numbers.filter(({ money, role }) => money && role !== 'balance' && role !== 'originalAmount');
  const unnamed = money.filter(({ name, role }) => name === '' || role === null);
  return [
    ...pairs(
      numbers.filter(({ name, role }) => (name === '' || role === null) && role !== 'balance'),
      money,
    ),
    ...unnamed.filter(({ filled }) => filled > 0.9).map(single),
    ...unnamed.filter(({ filled }) => filled <= 0.9).map(single),
  ];
}

/** Columns side by side of which never both are used are debit and credit, in this order. */
function pairs(numbers: readonly ColumnSample[], money: readonly ColumnSample[]): AmountChoice[] {
  const found: AmountChoice[] = [];
  for (const debit of numbers)
    for (const credit of numbers) {
      const between = credit.position - debit.position;
      if (between !== 1 || !(money.includes(debit) || money.includes(credit))) continue;
      const exclusive = debit.used.every((used, row) => used !== (credit.used[row] ?? false));
      if (exclusive && debit.used.includes(true) && credit.used.includes(true)) found.push(pairOf(debit, credit));
    }
  return found;
}

function pairOf(debit: ColumnSample, credit: ColumnSample): AmountChoice {
  return { amount: { debit, credit }, sign: debit.negatives > 0 ? 'signedColumns' : 'columns' };
}

/** Of several amounts the plain one: not before conversion, not a part of it. */
function plainness({ name }: ColumnSample): number {
  const odd = /orig|foreign|convert|fee|tax|vat|gross|refund|charge/i.test(name) ? 10 : 0;
  return odd + (/bill|net/i.test(name) ? -1 : 0);
}

/** Columns that may hold the running balance; null: there is none. */
function balances(columns: readonly ColumnSample[], amount: readonly ColumnSample[]): (ColumnSample | null)[] {
  const free = columns.filter((column) => column.kind === 'number' && !amount.includes(column));
  const named = free.filter(({ role, filled }) => role === 'balance' && filled > 0);
  if (named.length > 0) return [...named, null];
  const unnamed = free.filter(({ money, filled, name }) => name === '' && money && filled > 0.9).reverse();
  const behind = unnamed.filter(({ position }) => amount.every((one) => one.position < position));
  // Some banks write the balances before and after in front of the amount: the nearer one is that after it.
  return [...behind, ...unnamed.filter((column) => !behind.includes(column)), null];
}

function textColumns(columns: readonly ColumnSample[], used: ReadonlySet<ColumnSample>): number[] {
  return columns
    .filter(
      (column) => column.kind === 'text' && column.filled > 0 && IN_TEXT.includes(column.role) && !used.has(column),
    )
    .filter(
      ({ distinct, name }) => name !== '' || ![...distinct].every((value) => /^'?[\d*xX][\d*xX ./-]{7,}$/.test(value)),
    )
    .filter(({ distinct }) => ![...distinct].every((value) => /^(true|false|\w{0,6}[\dA-Za-z-]{24,})$/i.test(value)))
    .map(({ position }) => position + 1);
}
