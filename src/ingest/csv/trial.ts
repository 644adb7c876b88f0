import { amountReader, type NumberStyle } from './amount.ts';
import { BalanceProof, millionths, type RowOrder } from './balanceProof.ts';
import type { Candidate } from './candidates.ts';
import { type ColumnPositions, columnPositions } from './columns.ts';
import { DateEvidence } from './dateEvidence.ts';
import { type DateFormat, readDate } from './dates.ts';
import { NumberEvidence } from './numberEvidence.ts';
import type { CsvProfile } from './profile.ts';
import type { BankRecord } from './records.ts';
import { SignEvidence } from './signEvidence.ts';
import { isProblem, type RowAmountReader, rowAmountReader } from './signedAmount.ts';
import { balanceWord, isStatusWord } from './vocabulary.ts';

interface StyleTrial {
  readonly style: NumberStyle;
  readonly amountOf: RowAmountReader;
  readonly numberOf: ReturnType<typeof amountReader>;
  readonly proof: BalanceProof;
  /** Sum of the amounts, in millionths. */
  sum: bigint;
  opening: bigint | null;
  closing: bigint | null;
}

/** What is only a hint is looked for in that many rows. */
const EARLY_ROWS = 20_000;
const BALANCE_ROW = /sald|balan|stand|solde|bestand|forward|zustatek|s a l d o/i;

/** Tries one way of reading on every row of a file, in bounded memory, and keeps what speaks for and against it. */
export class Trial {
  rows = 0;
  /** Lines of rows that could not be read, the first few, with what is wrong. */
  readonly problems: string[] = [];
  readonly openings = new Set<string>();
  readonly closings = new Set<string>();
  readonly currencies = new Set<string>();
  negatives = 0;
  positives = 0;
  marksAgree = 0;
  marksDisagree = 0;
  readonly words = new SignEvidence();
  /** Rows whose balance is below zero. */
  negativeBalances = 0;
  /** Rows that name the account of the other party, as those of a bank account do. */
  counterAccounts = 0;
  private firstDate = '';
  private lastDate = '';
  /** Values of a status column of which it is not known whether such a row is booked. */
  readonly unknownStatuses: string[] = [];
  private readonly statuses = new Set<string>();
  private undated: string[] = [];
  private readonly dates: DateEvidence;
  private readonly numbers = new NumberEvidence();
  private readonly styles: StyleTrial[];
  private readonly at: ColumnPositions['at'];
  private readonly pending: ReadonlySet<string>;
  private readonly profile: CsvProfile;
  private readonly text: readonly number[];
  private readonly candidate: Candidate;

  constructor(candidate: Candidate, styles: readonly NumberStyle[], formats: readonly DateFormat[]) {
    this.candidate = candidate;
    this.profile = candidate.profile;
    const { at, text } = columnPositions('', this.profile, null);
    this.at = at;
    this.text = text;
    this.dates = new DateEvidence(formats);
    this.pending = new Set([...this.profile.pending, ...this.profile.declined]);
    this.styles = styles.map((numbers) => ({
      style: numbers,
      amountOf: rowAmountReader({ ...this.profile, numbers }, { at }),
      numberOf: amountReader(numbers),
      proof: new BalanceProof(this.profile.sign === 'signed'),
      sum: 0n,
      opening: null,
      closing: null,
    }));
  }

  add({ fields, line }: BankRecord): void {
    const { at } = this;
    if (this.isBalanceRow(fields)) return;
    const date = (fields[at.date] ?? '').trim();
    const cells = [at.amount, at.debit, at.credit].map((position) =>
      position < 0 ? '' : (fields[position] ?? '').trim(),
    );
    const hasAmount = cells.some((cell) => cell !== '');
    // What is not booked may lack a date, or a balance.
    if (this.isUnbooked(fields)) return;
    if (date === '' || (/\p{L}{3}/u.test(date) && !/^\d/.test(date))) {
      if (this.dates.reads(date)) this.row(fields, line, date, cells, hasAmount);
      else if (hasAmount) this.undated.push(`line ${line} has an amount and no date`);
      return;
    }
    this.row(fields, line, date, cells, hasAmount);
  }

  /** What the whole file says; call it once, at the end. */
  result(): TrialResult {
    const dates = this.dates.decide();
    const { styles, contradiction } = this.numbers.styles();
    const readable = this.styles.filter(({ style }) =>
      styles.some(({ decimalMark }) => decimalMark === style.decimalMark),
    );
    const best = readable.find(({ proof }) => proof.result().length > 0) ?? readable[0] ?? this.styles[0];
    const rivals = readable.filter(
      (one) => one !== best && ((best?.proof.result().length ?? 0) === 0) !== one.proof.result().length > 0,
    );
    const proven = best?.proof.result() ?? [];
    const totals =
      best !== undefined && best.opening !== null && best.closing !== null && best.opening + best.sum === best.closing;
    const full = styles.find(({ decimalMark }) => decimalMark === best?.style.decimalMark);
    return {
      format: dates.format,
      otherFormats: dates.others,
      byOrder: dates.byOrder,
      direction: dates.format === null ? null : this.dates.direction(dates.format),
      style: full ?? best?.style ?? { decimalMark: '.', thousands: ',' },
      otherStyles: rivals.map(({ style }) => style),
      contradiction: contradiction || readable.length === 0,
      proven,
      totals: totals && this.rows >= 3,
      days: dates.format === null ? null : daysBetween(this.firstDate, this.lastDate, dates.format),
      tooFewLinks: best?.proof.tooFew ?? false,
      problems: this.problems,
    };
  }

  private row(
    fields: readonly string[],
    line: number,
    date: string,
    cells: readonly string[],
    hasAmount: boolean,
  ): void {
    const { at } = this;
    const [undated] = this.undated;
    if (undated !== undefined) {
      this.problem(undated);
      this.undated = [];
    }
    this.rows++;
    if (this.firstDate === '') this.firstDate = date;
    this.lastDate = date;
    if (!this.dates.add(date, true)) this.problem(`line ${line}: ${JSON.stringify(date)} is no date`);
    const value = at.valueDate < 0 ? '' : (fields[at.valueDate] ?? '').trim();
    if (value !== '') this.dates.add(value, false);
    if (!hasAmount) {
      this.problem(`line ${line} has a date and no amount`);
      return;
    }
    const balance = at.balance < 0 ? '' : (fields[at.balance] ?? '').trim();
    const currency = at.currency < 0 ? '' : (fields[at.currency] ?? '').trim();
    const account = `${at.account < 0 ? '' : (fields[at.account] ?? '')}\u0000${currency}`;
    let [read, all] = [false, true];
    for (const style of this.styles) {
      const amount = style.amountOf(fields);
      if (amount === null || isProblem(amount)) {
        all = false;
        continue;
      }
      if (!read) this.note(fields, amount.numeral, amount.currency);
      read = true;
      const stands = balance === '' ? null : (style.numberOf(balance)?.numeral ?? null);
      if (balance !== '' && stands === null) all = false;
      style.sum += millionths(amount.numeral) ?? 0n;
      if (at.balance >= 0) style.proof.add(account, amount.numeral, stands);
      if (style === this.styles[0] && stands?.startsWith('-')) this.negativeBalances++;
    }
    // Once many cells have told the style, only those that do not fit it say more.
    if (!all || this.styles.length > 1 || this.rows <= EARLY_ROWS)
      for (const cell of [...cells, balance]) if (cell !== '') this.numbers.add(cell);
    if (!read)
      this.problem(
        `line ${line}: ${cells
          .filter((cell) => cell !== '')
          .map((cell) => JSON.stringify(cell))
          .join(', ')} is no amount`,
      );
  }

  private isUnbooked(fields: readonly string[]): boolean {
    if (this.at.status < 0) return false;
    const status = (fields[this.at.status] ?? '').trim();
    if (this.pending.has(status.toLowerCase())) return true;
    if (status !== '' && this.statuses.size < 20 && !this.statuses.has(status)) {
      this.statuses.add(status);
      if (!isStatusWord(status)) this.unknownStatuses.push(status);
    }
    return false;
  }

  private note(fields: readonly string[], numeral: string, currency: string | null): void {
    const negative = numeral.startsWith('-');
    if (negative) this.negatives++;
    else if (/[1-9]/.test(numeral)) this.positives++;
    if (currency !== null && this.currencies.size < 5) this.currencies.add(currency);
    const { markColumn } = this.candidate;
    if (markColumn !== null) {
      const mark = (fields[markColumn.at] ?? '').trim().toUpperCase();
      if (markColumn.debit.includes(mark)) negative ? this.marksAgree++ : this.marksDisagree++;
      if (markColumn.credit.includes(mark)) negative ? this.marksDisagree++ : this.marksAgree++;
    }
    // CR and DR beside the digits are marks, too.
    const cell = fields[this.at.amount] ?? '';
    if (/[0-9 ](CR|DR)\.?\s*$/i.test(cell)) this.marksAgree++;
    if (this.rows > EARLY_ROWS) return;
    if (/^[A-Z]{2}\d\d/i.test((fields[this.at.counterAccount] ?? '').trim())) this.counterAccounts++;
    if (/[1-9]/.test(numeral))
      this.words.add(
        this.text.map((position) => fields[position] ?? ''),
        negative,
      );
  }

  /** Rows that tell a balance: remembered, and not counted. */
  private isBalanceRow(fields: readonly string[]): boolean {
    const cell =
      this.text
        .map((position) => fields[position] ?? '')
        .find((one) => BALANCE_ROW.test(one) && balanceWord(one) !== null) ?? balanceCell(fields[this.at.date]);
    if (cell === undefined) return false;
    const word = balanceWord(cell);
    if (word === null) return false;
    const date = (fields[this.at.date] ?? '').trim();
    if (this.dates.reads(date)) this.dates.add(date, false);
    (word === 'opening' ? this.openings : this.closings).add(cell.trim());
    for (const style of this.styles) {
      const inColumn = this.at.balance < 0 ? null : style.numberOf((fields[this.at.balance] ?? '').trim());
      const amount = style.amountOf(fields);
      const numeral = inColumn?.numeral ?? (amount === null || isProblem(amount) ? null : amount.numeral);
      if (numeral === null) continue;
      if (word === 'opening') style.opening ??= millionths(numeral);
      else style.closing = millionths(numeral);
    }
    return true;
  }

  private problem(text: string): void {
    if (this.problems.length < 3) this.problems.push(text);
  }
}

export interface TrialResult {
  readonly format: DateFormat | null;
  /** Formats that are possible as well and give other days. */
  readonly otherFormats: readonly DateFormat[];
  /** Whether only the order of the rows decided the format. */
  readonly byOrder: boolean;
  readonly direction: RowOrder | null;
  readonly style: NumberStyle;
  readonly otherStyles: readonly NumberStyle[];
  readonly contradiction: boolean;
  readonly proven: readonly { readonly order: RowOrder; readonly inverted: boolean }[];
  /** Opening balance + sum = closing balance, from rows that tell them. */
  readonly totals: boolean;
  /** From the first row to the last. */
  readonly days: number | null;
  /** Nothing speaks against the running balance, but too little for it. */
  readonly tooFewLinks: boolean;
  readonly problems: readonly string[];
}

function balanceCell(cell: string | undefined): string | undefined {
  return cell !== undefined && BALANCE_ROW.test(cell) ? cell : undefined;
}

function daysBetween(first: string, last: string, format: DateFormat): number | null {
  const [from, to] = [readDate(first, format), readDate(last, format)];
  return from === null || to === null ? null : Math.abs(Date.parse(to.date) - Date.parse(from.date)) / 86_400_000;
}
