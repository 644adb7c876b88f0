import type { StatementEntry } from '../statement.ts';
import { type Candidate, candidates } from './candidates.ts';
import { type ColumnSample, sampleColumns } from './columnSample.ts';
import { type Dialect, findDialect, isRow } from './dialect.ts';
import { doubtsOf } from './doubts.ts';
import { NumberEvidence } from './numberEvidence.ts';
import type { ColumnRef, ColumnRole, CsvProfile } from './profile.ts';
import { headerName } from './profile.ts';
import { createCsvReader } from './reader.ts';
import { BankRecords } from './records.ts';
import { currencyAbove, currencyOfNames } from './statedCurrency.ts';
import { Trial } from './trial.ts';

/** How much text the columns are guessed from; everything after it is tried on the guess. */
const HEAD = 1 << 18;
const SAMPLE_ROWS = 500;
const SHOWN_ROWS = 5;

const DATE_ORDERS = ['DMY', 'MDY', 'YMD'] as const;
type DateOrder = (typeof DATE_ORDERS)[number];

/** What a CSV file without a profile seems to be. */
export interface CsvGuess {
  /** Only what is proven may be imported without asking. */
  readonly verdict: 'proven' | 'unproven';
  /** What proves it, in words; null when unproven. */
  readonly proof: string | null;
  /** How it would be read; null when no column of dates and no amounts were found. Its name is empty. */
  readonly profile: CsvProfile | null;
  /** What speaks against importing it as it is, in words; never empty when unproven. */
  readonly doubts: readonly string[];
  /** The first rows as they would be read. */
  readonly preview: readonly StatementEntry[];
  readonly rows: number;
  /** Other orders of day, month and year that all dates of the file may have. */
  readonly otherOrders: readonly DateOrder[];
  /** What this file says above its header; the next one with the same header may say something else. */
  readonly currencyAbove: string | null;
}

/** Guesses how a CSV file is to be read, from all of its text, in bounded memory. Made for one file. */
export class CsvGuesser {
  private head = '';
  private dialect: Dialect | null = null;
  private records: BankRecords | null = null;
  private columns: ColumnSample[] = [];
  private trial: Trial | null = null;
  private candidate: Candidate | null = null;
  private readonly file: string;
  private readonly dateOrder: DateOrder | null;

  /**
   * @param file its name, for messages
   * @param dateOrder what the user says of its dates; null: nothing
   */
  constructor(file: string, dateOrder: DateOrder | null = null) {
    this.file = file;
    this.dateOrder = dateOrder;
  }

  /**
   * Takes the next text.
   * @throws FinanceDbError BAD_INPUT when a quote is never closed
   */
  push(text: string, final = false): void {
    if (this.dialect === null) {
      this.head += text;
      if (this.head.length < HEAD && !final) return;
      this.dialect = findDialect(this.head, final);
      this.records = new BankRecords(this.file, this.dialect.delimiter);
      this.choose(this.dialect);
      this.feed(this.head, final);
      return;
    }
    this.feed(text, final);
  }

  /** The answer, after the last text. */
  result(): CsvGuess {
    const { dialect, trial, candidate } = this;
    if (dialect === null || trial === null || candidate === null) return this.nothing();
    const result = trial.result();
    const { doubts: found, proof, inverted } = doubtsOf(trial, result, candidate);
    const doubts = [...this.orderDoubt(candidate), ...found];
    const claim = result.proven.find((one) => one.inverted === inverted);
    const orders = new Set(result.proven.filter((one) => one.inverted === inverted).map(({ order }) => order));
    const [currency] = trial.currencies;
    const aboveHeader = currencyAbove(dialect.records.slice(0, Math.max(0, dialect.header)));
    const numbered: CsvProfile = {
      ...candidate.profile,
      dateFormat: result.format ?? candidate.profile.dateFormat,
      numbers: result.style,
      sign: candidate.profile.sign === 'signed' && inverted ? 'inverted' : candidate.profile.sign,
      currency:
        candidate.profile.columns.currency !== undefined || trial.currencies.size > 1
          ? null
          : (currency ?? this.namedCurrency(candidate, dialect) ?? aboveHeader),
      order: (orders.size === 1 ? claim?.order : undefined) ?? result.direction,
      opening: [...trial.openings],
      closing: [...trial.closings],
    };
    const profile = this.named(numbered, dialect);
    return {
      verdict: proof !== null && doubts.length === 0 ? 'proven' : 'unproven',
      proof: doubts.length === 0 ? proof : null,
      profile,
      doubts,
      preview: this.preview(profile),
      rows: trial.rows,
      otherOrders: DATE_ORDERS.filter((order) => result.otherFormats.includes(order)),
      currencyAbove: aboveHeader,
    };
  }

  /** The currency in the names of the columns that amounts and balances are read from. */
  private namedCurrency({ profile }: Candidate, { records, header }: Dialect): string | null {
    const names = records[header]?.fields ?? [];
    const { amount, debit, credit, balance } = profile.columns;
    return currencyOfNames([amount, debit, credit, balance].map((ref) => names[Number(ref) - 1] ?? ''));
  }

  /** Finds the columns in the first rows: the first candidate with proof, else the likeliest. */
  private choose(dialect: Dialect): void {
    const header = dialect.records[dialect.header]?.fields ?? null;
    const width = header?.length ?? 0;
    const below = dialect.records.slice(dialect.header + 1, dialect.header + 1 + SAMPLE_ROWS);
    // Totals and remarks would make columns of dates look like text in short files.
    const plain = below.filter(isRow);
    const rows = plain.length > 0 ? plain : below.filter(({ fields }) => fields.length > 1);
    this.columns = sampleColumns(header, rows);
    // A delimiter at the end of each line makes no column.
    if (width > 0) this.columns = this.columns.filter(({ name, filled }) => name !== '' || filled > 0);
    const numbers = new NumberEvidence();
    for (const column of this.columns)
      if (
        column.kind === 'number' &&
        (column.money ||
          column.role === 'amount' ||
          column.role === 'balance' ||
          column.role === 'debit' ||
          column.role === 'credit')
      )
        for (const cell of column.distinct) numbers.add(cell);
    const { styles } = numbers.styles();
    const possible =
      styles.length > 0
        ? styles
        : ([
            { decimalMark: '.', thousands: ',' },
            { decimalMark: ',', thousands: '.' },
          ] as const);
    const [style] = possible;
    if (style === undefined) return;
    let best: { candidate: Candidate; score: number } | null = null;
    const tried = below.filter(({ fields }) => fields.length > 1);
    for (const candidate of candidates(this.columns, dialect.delimiter, style)) {
      const trial = new Trial(candidate, possible, this.formatsOf(candidate));
      for (const row of tried) trial.add(row);
      const { proven, totals, problems } = trial.result();
      const score = (proven.length > 0 ? 100 : totals ? 50 : 0) - Math.min(10, problems.length * 3);
      if (best === null || score > best.score) best = { candidate, score };
    }
    this.candidate = best?.candidate ?? null;
    if (this.candidate !== null) this.trial = new Trial(this.candidate, possible, this.formatsOf(this.candidate));
  }

  private formatsOf({ profile }: Candidate) {
    const column = this.columns.find(({ position }) => position + 1 === profile.columns.date);
    const formats = column?.formats ?? [];
    const said = formats.filter((format) => format === this.dateOrder);
    return said.length > 0 ? said : formats;
  }

  /** An order that the dates do not have would else be passed over without a word. */
  private orderDoubt(candidate: Candidate): string[] {
    const { dateOrder } = this;
    const orders = this.formatsOf(candidate).filter((format) => DATE_ORDERS.some((order) => order === format));
    if (dateOrder === null || orders.length === 0 || orders.includes(dateOrder)) return [];
    return [`the dates cannot be read in the order ${dateOrder}, as --date-order says`];
  }

  private feed(text: string, final: boolean): void {
    const { records, dialect, trial } = this;
    if (records === null || dialect === null) return;
    const header = dialect.records[dialect.header];
    const headerLine = header?.line ?? 0;
    const names = header?.fields.join('\n');
    for (const record of records.push(text, final)) {
      if (record.line <= headerLine) continue;
      // Files that were put together have the header again.
      if (header !== undefined && record.fields[0] === header.fields[0] && record.fields.join('\n') === names) continue;
      trial?.add(record);
    }
  }

  /** The profile with names of columns instead of numbers, where the file has a header with a name for each. */
  private named(profile: CsvProfile, dialect: Dialect): CsvProfile {
    const header = dialect.records[dialect.header]?.fields;
    if (header === undefined) {
      const [first] = dialect.records;
      return { ...profile, skipLines: Math.max(0, (first?.line ?? 1) - 1) };
    }
    const names = header.map(headerName);
    const refOf = (ref: ColumnRef): ColumnRef => {
      const name = names[Number(ref) - 1] ?? '';
      return name === '' || names.indexOf(name) !== names.lastIndexOf(name)
        ? ref
        : (header[Number(ref) - 1] ?? '').trim();
    };
    const columns: Partial<Record<ColumnRole, ColumnRef>> = {};
    for (const [role, ref] of Object.entries(profile.columns))
      if (role !== 'text') columns[role as ColumnRole] = refOf(ref as ColumnRef);
    return {
      ...profile,
      match: {
        header: header.map((name) => name.trim()).filter((name) => name !== ''),
        optional: [],
        extraColumns: false,
      },
      columns: { ...columns, text: profile.columns.text.map(refOf) },
    };
  }

  private preview(profile: CsvProfile): StatementEntry[] {
    const entries: StatementEntry[] = [];
    const reader = createCsvReader({ file: this.file, profile });
    try {
      // Line by line: what comes before a row that cannot be read is shown.
      for (const line of this.head.split(/(?<=\n)|(?<=\r)(?!\n)/).slice(0, 200)) {
        for (const event of reader.push(line)) if (event.kind === 'entry') entries.push(event);
        if (entries.length >= SHOWN_ROWS) break;
      }
      if (entries.length < SHOWN_ROWS)
        for (const event of reader.push('', true)) if (event.kind === 'entry') entries.push(event);
    } catch {
      // The doubts say what is wrong.
    }
    return entries.slice(0, SHOWN_ROWS);
  }

  private nothing(): CsvGuess {
    const dates = this.columns.some(({ kind }) => kind === 'date');
    const rows = this.dialect === null ? 0 : this.dialect.records.length - this.dialect.header - 1;
    const doubt = rows <= 0 ? 'the file has no rows' : dates ? 'no column has amounts' : 'no column has dates';
    return {
      verdict: 'unproven',
      proof: null,
      profile: null,
      doubts: [doubt],
      preview: [],
      rows: 0,
      otherOrders: [],
      currencyAbove: null,
    };
  }
}

/** The profile that `--learn` saves of a guess, or null when there is nothing to save. */
export function profileOf(guess: CsvGuess, name: string): CsvProfile | null {
  const { profile, currencyAbove: above } = guess;
  if (profile === null) return null;
  // Kept for all files, it would be wrong for those of an account in another currency.
  return { ...profile, name, currency: profile.currency === above ? null : profile.currency };
}
