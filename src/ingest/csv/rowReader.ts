import { counted } from '../../model/counted.ts';
import { negated } from '../numeral.ts';
import { badValue } from '../problem.ts';
import type { Balance, Place, StatementEntry } from '../statement.ts';
import { type AmountReader, amountReader } from './amount.ts';
import { type ColumnPositions, joinedText, plainCell } from './columns.ts';
import { dateReader, timeText } from './dates.ts';
import type { ColumnRole, CsvProfile } from './profile.ts';
import type { BankRecord } from './records.ts';
import { isProblem, rowAmountReader } from './signedAmount.ts';

/** What one record is. */
export type Row =
  /** Nothing: an empty row, or one that is to be ignored (`known`). */
  | { readonly kind: 'none'; readonly known: boolean }
  /** It has an amount or words, but no date: a footer, or an error. */
  | { readonly kind: 'undated' }
  | {
      readonly kind: 'balance';
      readonly which: 'opening' | 'closing';
      readonly balance: Balance;
      /** Whether it stands in the column of balances: as they are shown, which may be as a debt. */
      readonly inColumn: boolean;
    }
  | {
      readonly kind: 'entry';
      readonly entry: StatementEntry;
      readonly account: string | null;
      readonly currency: string | null;
    }
  | {
      readonly kind: 'skipped';
      readonly reason: 'pending' | 'other';
      readonly amount: string;
      readonly account: string | null;
      readonly currency: string | null;
    };

const NOTHING: Row = { kind: 'none', known: false };
const IGNORED: Row = { kind: 'none', known: true };
const UNDATED: Row = { kind: 'undated' };
const REMEDY =
  'correct the file or the profile (rows that are no transactions: a pattern under "ignore"); nothing was imported';

/** Makes entries of the records of one file. */
export class RowReader {
  readonly hasBalance: boolean;
  readonly dateName: string;
  private readonly at: ColumnPositions['at'];
  private readonly columns: ColumnPositions;
  private readonly file: string;
  private readonly profile: CsvProfile;
  private readonly readDate: ReturnType<typeof dateReader>;
  private readonly readValueDate: ReturnType<typeof dateReader>;
  private readonly readAmount: ReturnType<typeof rowAmountReader>;
  private readonly readNumber: AmountReader;
  private readonly ignore: readonly RegExp[];
  private readonly pending: ReadonlySet<string>;
  private readonly declined: ReadonlySet<string>;
  private readonly opening: ReadonlySet<string>;
  private readonly closing: ReadonlySet<string>;
  private lastCurrency = { cell: '', code: '' };
  private decimals = 0;
  private decimalsBefore = 0;

  constructor(file: string, profile: CsvProfile, columns: ColumnPositions) {
    this.file = file;
    this.profile = profile;
    this.columns = columns;
    this.at = columns.at;
    this.hasBalance = columns.at.balance >= 0;
    this.dateName = columns.nameOf('date');
    this.readDate = dateReader(profile.dateFormat);
    this.readValueDate = dateReader(profile.dateFormat);
    this.readAmount = rowAmountReader(profile, columns);
    this.readNumber = amountReader(profile.numbers);
    this.ignore = profile.ignore.map((pattern) => new RegExp(pattern, 'iu'));
    this.pending = words(profile.pending);
    this.declined = words(profile.declined);
    this.opening = words(profile.opening);
    this.closing = words(profile.closing);
  }

  /**
   * Reads one record.
   * @throws FinanceDbError BAD_INPUT naming line, record, column and value
   */
  read(record: BankRecord, place: Place): Row {
    const { fields } = record;
    const { at, profile } = this;
    if (this.ignore.length > 0 && this.isIgnored(fields)) return IGNORED;
    if (this.opening.size + this.closing.size > 0) {
      const balance = this.balanceRow(fields);
      if (balance !== null) return balance;
    }
    const date = this.readDate(fields[at.date] ?? '');
    const amount = this.readAmount(fields);
    const unbooked = at.status < 0 ? null : this.unbookedReason(fields[at.status]);
    if (date === null && (unbooked === null || amount === null))
      return this.withoutDate(fields, amount === null, place);
    this.checkWidth(fields, place);
    if (amount === null)
      throw this.bad(
        place,
        at.amount >= 0 ? 'amount' : at.debit >= 0 ? 'debit' : 'credit',
        '',
        'the row has a date and no amount',
      );
    if (isProblem(amount)) throw this.bad(place, amount.role, amount.value, amount.expectation);
    const account = at.account < 0 ? profile.account : accountId(fields[at.account] ?? '') || profile.account;
    const currency = this.currencyOf(fields, amount.currency, place);
    if (unbooked !== null) return { kind: 'skipped', reason: unbooked, amount: amount.numeral, account, currency };
    if (date === null) return UNDATED;
    const point = amount.numeral.indexOf('.');
    this.decimalsBefore = this.decimals;
    this.decimals = point < 0 ? 0 : amount.numeral.length - point - 1;
    const { fixed } = profile;
    const payee = this.cell(fields, at.payee) ?? fixed.payee ?? null;
    const entry: StatementEntry = {
      kind: 'entry',
      place,
      date: date.date,
      time: at.time < 0 ? date.time : this.timeOf(fields, place),
      valueDate: at.valueDate < 0 ? null : this.valueDateOf(fields, place),
      amount: amount.numeral,
      currency: null,
      bankId: this.cell(fields, at.bankId),
      text: this.columns.text.length === 0 ? (payee ?? '') : joinedText(fields, this.columns.text),
      payee,
      counterAccount: at.counterAccount < 0 ? null : accountId(fields[at.counterAccount] ?? ''),
      code: this.cell(fields, at.code) ?? fixed.code ?? null,
      mcc: this.cell(fields, at.mcc) ?? fixed.mcc ?? null,
      city: this.cell(fields, at.city) ?? fixed.city ?? null,
      state: this.cell(fields, at.state) ?? fixed.state ?? null,
      category: this.cell(fields, at.category) ?? fixed.category ?? null,
      subcategory: this.cell(fields, at.subcategory) ?? fixed.subcategory ?? null,
      original: at.originalAmount < 0 ? null : this.originalOf(fields, amount.numeral, place),
      balance: at.balance < 0 ? null : this.balanceOf(fields, place),
    };
    return { kind: 'entry', entry, account, currency };
  }

  /** Name of the account, where the file has a column for it. */
  accountName(record: BankRecord): string | null {
    return this.cell(record.fields, this.at.accountName);
  }

  dateCell(record: BankRecord | undefined): string {
    return record?.fields[this.at.date] ?? '';
  }

  /** Whether a row without date may stand at the end of a file: words where the date is, or nothing. */
  isFooter(record: BankRecord): boolean {
    const cell = this.dateCell(record).trim();
    return cell === '' || /\p{L}{3}/u.test(cell);
  }

  /** Whether a last row without line end was cut: its amount, at its end, has fewer decimals than the one before. */
  looksCut({ fields }: BankRecord): boolean {
    const { amount, debit, credit, balance } = this.at;
    const last = fields.length - 1;
    if (last !== amount && last !== debit && last !== credit && last !== balance) return false;
    const cell = fields[last] ?? '';
    if (cell === '' || /^"|[^\d.,]$/.test(cell)) return false;
    const numeral = this.readNumber(cell)?.numeral ?? '';
    const point = numeral.indexOf('.');
    return (point < 0 ? 0 : numeral.length - point - 1) < Math.min(this.decimalsBefore, 2);
  }

  private unbookedReason(cell: string | undefined): 'pending' | 'other' | null {
    if (cell === undefined || cell === '') return null;
    const status = cell.trim().toLowerCase();
    return this.pending.has(status) ? 'pending' : this.declined.has(status) ? 'other' : null;
  }

  private withoutDate(fields: readonly string[], noAmount: boolean, place: Place): Row {
    const cell = (fields[this.at.date] ?? '').trim();
    if (cell === '' || /\p{L}{3}/u.test(cell)) return noAmount ? NOTHING : UNDATED;
    throw this.bad(place, 'date', cell, `no date of the form ${this.profile.dateFormat}`);
  }

  private isIgnored(fields: readonly string[]): boolean {
    const row = fields.join(this.profile.delimiter);
    return this.ignore.some((pattern) => pattern.test(row));
  }

  private balanceRow(fields: readonly string[]): Row | null {
    for (const field of fields) {
      const word = field.trim().toLowerCase();
      const which = this.opening.has(word) ? 'opening' : this.closing.has(word) ? 'closing' : null;
      if (which === null) continue;
      const found = this.readAmount(fields);
      const inColumn = this.at.balance < 0 ? null : this.readNumber((fields[this.at.balance] ?? '').trim());
      const amount = inColumn?.numeral ?? (found === null || isProblem(found) ? null : found.numeral);
      if (amount === null) return IGNORED;
      return {
        kind: 'balance',
        which,
        inColumn: inColumn !== null,
        balance: { amount, date: this.readDate(fields[this.at.date] ?? '')?.date ?? null },
      };
    }
    return null;
  }

  /** More cells than the header has: a delimiter within a value has moved those after it. */
  private checkWidth(fields: readonly string[], place: Place): void {
    const { width } = this.columns;
    if (width === null || fields.length <= width) return;
    for (let position = width; position < fields.length; position++)
      if (fields[position]?.trim() !== '')
        throw badValue(
          this.file,
          place,
          `field ${position + 1}`,
          fields[position] ?? '',
          `the header has ${counted(width, 'column')}: a ${JSON.stringify(this.profile.delimiter)} within a value needs quotes around it`,
          REMEDY,
        );
  }

  private currencyOf(fields: readonly string[], ofAmount: string | null, place: Place): string | null {
    if (this.at.currency < 0) return ofAmount ?? this.profile.currency;
    const raw = fields[this.at.currency] ?? '';
    if (raw !== '' && raw === this.lastCurrency.cell) return this.lastCurrency.code;
    const cell = raw.trim().toUpperCase();
    if (cell === '') return ofAmount ?? this.profile.currency;
    if (/^[A-Z]{3}$/.test(cell)) {
      this.lastCurrency = { cell: raw, code: cell };
      return cell;
    }
    throw this.bad(place, 'currency', cell, 'no code of a currency (three letters)');
  }

  private timeOf(fields: readonly string[], place: Place): string | null {
    const cell = (fields[this.at.time] ?? '').trim();
    if (cell === '') return null;
    const time = timeText(/^\d{6}$/.test(cell) ? `${cell.slice(0, 2)}:${cell.slice(2, 4)}:${cell.slice(4)}` : cell);
    if (time === null) throw this.bad(place, 'time', cell, 'no time of day');
    return time;
  }

  private valueDateOf(fields: readonly string[], place: Place): string | null {
    const cell = fields[this.at.valueDate] ?? '';
    if (cell.trim() === '') return null;
    const date = this.readValueDate(cell);
    if (date === null) throw this.bad(place, 'valueDate', cell, `no date of the form ${this.profile.dateFormat}`);
    return date.date;
  }

  private balanceOf(fields: readonly string[], place: Place): string | null {
    const cell = (fields[this.at.balance] ?? '').trim();
    if (cell === '') return null;
    const balance = this.readNumber(cell);
    if (balance === null) throw this.bad(place, 'balance', cell, 'no amount');
    return balance.numeral;
  }

  private originalOf(fields: readonly string[], amount: string, place: Place): StatementEntry['original'] {
    const cell = (fields[this.at.originalAmount] ?? '').trim();
    if (cell === '') return null;
    const read = this.readNumber(cell);
    if (read === null) throw this.bad(place, 'originalAmount', cell, 'no amount');
    const currency = this.cell(fields, this.at.originalCurrency)?.toUpperCase() ?? read.currency;
    if (currency === null) return null;
    const size = read.numeral.startsWith('-') ? negated(read.numeral) : read.numeral;
    return { amount: amount.startsWith('-') ? negated(size) : size, currency };
  }

  private cell(fields: readonly string[], position: number): string | null {
    if (position < 0) return null;
    const cell = fields[position];
    return cell === undefined || cell === '' ? null : plainCell(cell) || null;
  }

  private bad(place: Place, role: ColumnRole, value: string, expectation: string) {
    return badValue(this.file, place, this.columns.nameOf(role), value, expectation, REMEDY);
  }
}

/** IBANs are written in groups; numbers of accounts are not changed otherwise. */
function accountId(cell: string): string | null {
  const text = plainCell(cell);
  return (text.includes(' ') ? text.replace(/\s+/g, '') : text) || null;
}

function words(list: readonly string[]): ReadonlySet<string> {
  return new Set(list.map((word) => word.trim().toLowerCase()));
}
