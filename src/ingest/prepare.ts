import { FinanceDbError } from '../errors/financeDbError.ts';
import { categoryOfMcc } from './categories/mcc.ts';
import { firstRule, type Rule } from './categories/rules.ts';
import { type CleanedEntry, cleanEntry } from './clean/cleanEntry.ts';
import { standingAlone } from './freeText.ts';
import { badValue } from './problem.ts';
import type { StagedRow } from './stagedRow.ts';
import type { OwnColumns, StatementAccount, StatementEntry, StatementFormat, StatementStart } from './statement.ts';
import { identityWords } from './words.ts';

export interface PrepareOptions {
  /** For messages. */
  readonly file: string;
  readonly format: StatementFormat;
  /** Of `--account`: the file's one account is called so. */
  readonly account: string | null;
  /** What an account that the file does not name is called. */
  readonly namelessAccount: string;
  readonly baseCurrency: string;
  readonly rules: readonly Rule[];
}

const LONGEST_ACCOUNT = 50;
const MOST_ACCOUNTS = 10_000;
const CURRENCY = /^[A-Z]{3}$/;

/** Turns entries into staged rows: cleans them, files them by rules, and puts their amount into the base currency where that is plain. */
export class Preparer {
  private readonly options: PrepareOptions;
  /** The latest accounts, by the name in the file: nearly always one. */
  private readonly accounts = new Map<string, string>();
  /** Whether an account was called by `namelessAccount`. */
  usedNameless = false;
  /** Whether an amount was taken for the base currency because neither file nor profile names one. */
  assumedCurrency = false;
  /** Rows made so far, those of them with an id of the bank, and those that bring their own keys. */
  readonly counts = { entries: 0, withBankId: 0, withOwnId: 0 };
  /** Days and currencies (`2024-01-31 EUR`) of amounts that wait for an exchange rate. */
  readonly wantedRates = new Set<string>();
  private lastWanted = '';

  constructor(options: PrepareOptions) {
    this.options = options;
  }

  /**
   * The account that an entry or a statement goes to.
   * @throws FinanceDbError USAGE when `--account` names one and the file holds several; BAD_INPUT for names that are too long
   */
  accountOf(account: StatementAccount | null, place: { line: number; record: number }): string {
    const named = account?.id ?? '';
    const known = this.accounts.get(named);
    if (known !== undefined) return known;
    const { options } = this;
    const id = options.account ?? (named === '' ? options.namelessAccount : shortEnough(named));
    if (id.length > LONGEST_ACCOUNT)
      throw badValue(
        options.file,
        place,
        'account',
        id,
        `it has more than ${LONGEST_ACCOUNT} characters`,
        'name the account with --account',
      );
    if (this.accounts.size >= MOST_ACCOUNTS) this.accounts.clear();
    // Kept for long, unlike the text that they were cut from.
    this.accounts.set(standingAlone(named), standingAlone(id));
    if (options.account === null && named === '') this.usedNameless = true;
    if (options.account !== null && this.accounts.size > 1)
      throw new FinanceDbError(
        'USAGE',
        `--account ${options.account} names one account, and ${options.file} holds several: ${[...this.accounts.keys()].slice(0, 3).join(', ')} …`,
        { remedy: 'leave --account out: each account of the file is called as the file calls it' },
      );
    return this.accounts.get(named) ?? id;
  }

  /** @throws FinanceDbError BAD_INPUT naming file, line, record, field and value */
  row(start: StatementStart, entry: StatementEntry): StagedRow {
    const { options } = this;
    const { own } = entry;
    this.counts.entries++;
    if (entry.bankId !== null) this.counts.withBankId++;
    if (own !== undefined) this.counts.withOwnId++;
    // Our own columns may say that a row has no account, or no currency: '' until it is stored.
    const none = own !== undefined && entry.account === undefined && options.account === null;
    const account = none ? '' : this.accountOf(entry.account ?? start.account, entry.place);
    const named = entry.currency ?? start.currency;
    if (named === null) this.assumedCurrency = true;
    const currency = named ?? options.baseCurrency;
    if (own === undefined && !CURRENCY.test(currency))
      throw badValue(options.file, entry.place, 'currency', currency, 'it is not three capital letters');
    const cleaned = cleanEntry(entry, options.format);
    const merchant = cleaned.merchant;
    const rule = firstRule(options.rules, { text: entry.text, merchant, account, amount: entry.amount });
    const byMcc = cleaned.mcc === null ? null : categoryOfMcc(cleaned.mcc);
    const [place, filed, inBase] = [
      places(cleaned),
      category(rule, entry),
      normalized(entry, currency, options.baseCurrency),
    ];
    if (inBase.normalized_amount === null) this.wantRate(currency, entry.date);
    // Named one by one: millions of these are made, and spreading takes as long as all the rest here.
    const row: StagedRow = {
      record: String(entry.place.record),
      line: String(entry.place.line),
      account_id: account,
      booked: entry.time === null ? entry.date : `${entry.date} ${entry.time}`,
      day_text: entry.date,
      value_day: entry.valueDate,
      amount: entry.amount,
      currency,
      bank_id: entry.bankId,
      own_id: own?.txId ?? null,
      words: identityWords(entry.text),
      text: entry.text,
      payee: entry.payee,
      counter_account: entry.counterAccount,
      code: entry.code,
      merchant: cut(rule?.merchant ?? merchant, 255),
      merchant_by: rule?.merchant ? 'rule' : cleaned.merchantBy,
      mcc: place.mcc,
      city: place.city,
      state: place.state,
      channel: place.channel,
      category: filed.category,
      subcategory: filed.subcategory,
      category_by: filed.category_by,
      mcc_category: byMcc?.category ?? null,
      mcc_subcategory: byMcc?.subcategory ?? null,
      is_recurring: own?.isRecurring ?? null,
      original_amount: entry.original?.amount ?? null,
      original_currency: entry.original?.currency ?? null,
      normalized_amount: inBase.normalized_amount,
      normalized_by: inBase.normalized_by,
      balance: entry.balance,
    };
    return own === undefined ? row : { ...row, ...asTheyAre(entry, own) };
  }

  private wantRate(currency: string, day: string): void {
    const wanted = `${day} ${currency}`;
    // Entries of a day stand together.
    if (wanted === this.lastWanted) return;
    this.lastWanted = wanted;
    this.wantedRates.add(wanted);
  }
}

/** `BANK/NUMBER` by the number alone, where both together do not fit. */
function shortEnough(named: string): string {
  return named.length <= LONGEST_ACCOUNT ? named : named.slice(named.indexOf('/') + 1);
}

/**
 * A file in our own columns was made by a person or a program who meant it: nothing of it is cleaned, and no rule changes it. What it
 * leaves empty is filled as for any other file.
 */
function asTheyAre(entry: StatementEntry, own: OwnColumns): Partial<StagedRow> {
  const { payee, mcc, city, state, category, subcategory } = entry;
  return {
    mcc,
    city,
    state,
    channel: own.channel,
    ...(payee === null ? {} : { merchant: payee, merchant_by: 'file' }),
    ...(category === null && subcategory === null ? {} : { category, subcategory, category_by: 'file' }),
  };
}

function places(cleaned: CleanedEntry): Pick<StagedRow, 'mcc' | 'city' | 'state' | 'channel'> {
  return {
    mcc: cleaned.mcc !== null && /^\d{4}$/.test(cleaned.mcc) ? cleaned.mcc : null,
    city: cut(cleaned.city, 100),
    state: cleaned.state !== null && cleaned.state.length <= 2 ? cleaned.state : null,
    channel: cut(cleaned.channel, 20),
  };
}

/** A rule of the user's goes before what the bank wrote. */
function category(
  rule: Rule | null,
  entry: StatementEntry,
): Pick<StagedRow, 'category' | 'subcategory' | 'category_by'> {
  if (rule !== null && rule.category !== null)
    return { category: cut(rule.category, 50), subcategory: cut(rule.subcategory, 50), category_by: 'rule' };
  if (entry.category !== null && entry.category !== '')
    return { category: cut(entry.category, 50), subcategory: cut(entry.subcategory, 50), category_by: 'file' };
  return { category: null, subcategory: null, category_by: null };
}

/** The same currency, or the bank's own conversion; anything else is for the exchange rates. */
function normalized(
  entry: StatementEntry,
  currency: string,
  base: string,
): Pick<StagedRow, 'normalized_amount' | 'normalized_by'> {
  if (entry.own !== undefined && entry.own.normalizedAmount !== null)
    return { normalized_amount: entry.own.normalizedAmount, normalized_by: currency === base ? 'same' : 'bank' };
  if (currency === base) return { normalized_amount: entry.amount, normalized_by: 'same' };
  if (entry.original?.currency === base) return { normalized_amount: entry.original.amount, normalized_by: 'bank' };
  return { normalized_amount: null, normalized_by: null };
}

/** PostgreSQL counts characters, JavaScript counts an emoji as two. */
function cut(text: string | null, length: number): string | null {
  if (text === null || text === '') return null;
  return text.length <= length ? text : [...text].slice(0, length).join('');
}
