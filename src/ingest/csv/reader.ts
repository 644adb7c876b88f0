import { FinanceDbError } from '../../errors/financeDbError.ts';
import { negated } from '../numeral.ts';
import { badValue } from '../problem.ts';
import type { Balance, StatementEvent, StatementReader } from '../statement.ts';
import { columnPositions } from './columns.ts';
import { type CsvProfile, isHeaderOf } from './profile.ts';
import { type BankRecord, BankRecords } from './records.ts';
import { RowReader } from './rowReader.ts';
import { RunningBalance } from './runningBalance.ts';

/** A header is looked for in that many records. */
const HEADER_WITHIN = 200;
/** Rows without a date at the end of a file are totals and remarks; more of them than this are no footer. */
const LONGEST_FOOTER = 20;

const AS_PROFILE_SAYS =
  'correct the file or the profile (rows that are no transactions: a pattern under "ignore"); nothing was imported';

/**
 * Reads the CSV file of a bank as its profile says.
 *
 * A file whose rows of several accounts are mixed gives a short statement each time the account changes, each with its balances:
 * gathering them by account would take memory for the whole file.
 */
export function createCsvReader(options: { readonly file: string; readonly profile: CsvProfile }): StatementReader {
  return new CsvReader(options.file, options.profile);
}

class CsvReader implements StatementReader {
  private readonly records: BankRecords;
  private rows: RowReader | null = null;
  private looked = 0;
  private rowCount = 0;
  private held: BankRecord[] = [];
  private usualWidth = 0;
  private endsInLine = false;
  private statement: OpenStatement | null = null;
  private opening: ToldBalance | null = null;
  private closing: ToldBalance | null = null;
  private readonly file: string;
  private readonly profile: CsvProfile;

  constructor(file: string, profile: CsvProfile) {
    this.file = file;
    this.profile = profile;
    this.records = new BankRecords(file, profile.delimiter);
    if (profile.match === null) this.rows = new RowReader(file, profile, columnPositions(file, profile, null));
  }

  push(text: string, final = false): StatementEvent[] {
    if (text !== '') this.endsInLine = !/[\r\n]$/.test(text);
    const events: StatementEvent[] = [];
    const records = this.records.push(text, final);
    const last = final && this.endsInLine ? records.at(-1) : undefined;
    for (const record of records) {
      if (this.rows === null) this.lookForHeader(record);
      else if (record.line > this.profile.skipLines) this.row(this.rows, record, record === last, events);
    }
    if (final) this.finish(events);
    return events;
  }

  private lookForHeader(record: BankRecord): void {
    const { file, profile } = this;
    if (profile.match !== null && isHeaderOf(profile.match, record.fields))
      this.rows = new RowReader(file, profile, columnPositions(file, profile, record));
    else if (++this.looked >= HEADER_WITHIN) throw this.noHeader();
  }

  private row(rows: RowReader, record: BankRecord, cutOff: boolean, events: StatementEvent[]): void {
    const place = { line: record.line, record: this.rowCount + 1 };
    const row = rows.read(record, place);
    if (row.kind === 'none') {
      if (cutOff && !row.known && record.fields.length < this.usualWidth) throw this.cutOff(record);
      return;
    }
    if (row.kind === 'undated') {
      const { match } = this.profile;
      // Files that were put together have the header again.
      if (match !== null && isHeaderOf(match, record.fields)) return;
      // A footer, unless rows follow.
      this.held.push(record);
      if (this.held.length > LONGEST_FOOTER) throw this.undated(rows);
      return;
    }
    if (row.kind === 'balance') {
      const told = { ...row.balance, inColumn: row.inColumn };
      if (row.which === 'opening') this.opening ??= told;
      else this.closing = told;
      return;
    }
    if (this.held.length > 0) throw this.undated(rows);
    if (cutOff && rows.looksCut(record)) throw this.cutOff(record);
    this.rowCount++;
    this.usualWidth = record.fields.length;
    this.switchStatement(rows, record, row.account, row.currency, events);
    const { statement } = this;
    if (row.kind === 'skipped') events.push({ kind: 'skipped', place, reason: row.reason, amount: row.amount });
    else {
      if (statement !== null && row.currency === statement.currency) events.push(row.entry);
      else events.push({ ...row.entry, currency: row.currency });
      if (rows.hasBalance) statement?.balances.add(row.entry.date, row.entry.amount, row.entry.balance);
    }
    if (statement !== null) statement.line = record.line;
  }

  /** A statement ends and another begins where the account changes, and with running balances where the currency does. */
  private switchStatement(
    rows: RowReader,
    record: BankRecord,
    account: string | null,
    currency: string | null,
    events: StatementEvent[],
  ): void {
    const { statement } = this;
    if (statement !== null && statement.account === account && (statement.currency === currency || !rows.hasBalance))
      return;
    this.endStatement(events, false);
    this.statement = {
      account,
      currency,
      balances: new RunningBalance(this.profile.sign === 'inverted'),
      line: record.line,
    };
    events.push({
      kind: 'start',
      place: { line: record.line, record: 0 },
      account:
        account === null ? null : { id: account, name: rows.accountName(record), type: this.profile.accountType },
      currency,
      number: null,
      opening: this.opening === null ? null : { amount: this.opening.amount, date: this.opening.date },
    });
  }

  private endStatement(events: StatementEvent[], final: boolean): void {
    const { statement } = this;
    if (statement === null) return;
    const ends = statement.balances.ends(this.profile.order);
    const debt = statement.balances.isDebt(this.profile.order) === true;
    const told = (balance: ToldBalance | null): Balance | null =>
      balance === null
        ? null
        : { amount: debt && balance.inColumn ? negated(balance.amount) : balance.amount, date: balance.date };
    events.push({
      kind: 'end',
      place: { line: statement.line, record: 0 },
      opening: told(this.opening) ?? ends?.opening ?? null,
      closing: told(final ? this.closing : null) ?? ends?.closing ?? null,
    });
    this.opening = null;
  }

  private finish(events: StatementEvent[]): void {
    if (this.rows === null) throw this.noHeader();
    for (const record of this.held) if (!this.rows.isFooter(record)) throw this.undated(this.rows, record);
    if (this.statement === null) {
      const { account, accountType, currency } = this.profile;
      this.statement = { account, currency, balances: new RunningBalance(this.profile.sign === 'inverted'), line: 1 };
      events.push({
        kind: 'start',
        place: { line: 1, record: 0 },
        account: account === null ? null : { id: account, name: null, type: accountType },
        currency,
        number: null,
        opening: this.opening === null ? null : { amount: this.opening.amount, date: this.opening.date },
      });
    }
    this.endStatement(events, true);
  }

  private undated(rows: RowReader, record = this.held[0]): FinanceDbError {
    const cell = rows.dateCell(record);
    const place = { line: record?.line ?? 0, record: this.rowCount + 1 };
    return badValue(
      this.file,
      place,
      rows.dateName,
      cell,
      `no date of the form ${this.profile.dateFormat}`,
      AS_PROFILE_SAYS,
    );
  }

  private cutOff(record: BankRecord): FinanceDbError {
    const { file } = this;
    return new FinanceDbError('BAD_INPUT', `${file}:${record.line}: the file is cut off in the middle of this row`, {
      details: { file, line: record.line },
      remedy: 'download it again; nothing of it was imported',
    });
  }

  private noHeader(): FinanceDbError {
    const names = this.profile.match?.header.map((name) => JSON.stringify(name)).join(', ');
    return new FinanceDbError(
      'BAD_INPUT',
      `${this.file}: no header as profile ${this.profile.name} has it (${names})`,
      {
        details: { file: this.file, profile: this.profile.name },
        remedy: 'use another profile, or correct "match" of this one',
      },
    );
  }
}

/** A balance that a row of its own tells. */
interface ToldBalance extends Balance {
  readonly inColumn: boolean;
}

interface OpenStatement {
  readonly account: string | null;
  readonly currency: string | null;
  readonly balances: RunningBalance;
  line: number;
}
