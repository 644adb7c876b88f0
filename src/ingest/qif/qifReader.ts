import { FinanceDbError } from '../../errors/financeDbError.ts';
import { badValue } from '../problem.ts';
import type { Balance, StatementAccount, StatementEvent, StatementReader } from '../statement.ts';
import { fieldOf, qifEntry, qifRecordAmount, transferAccount } from './qifEntry.ts';
import { ENTRY_TYPES, type QifField, type QifRecord, QifRecords, type QifSection, sectionOf } from './qifRecords.ts';
import { type QifStyle, qifAmount, qifDate } from './qifValues.ts';

/**
 * Reads QIF: accounts of a bank, cards, cash, other assets and liabilities, several in a file. Trades are counted as skipped,
 * lists (categories, securities, prices) left out. What Quicken writes first into an account, "Opening Balance", is a balance.
 * @param options.file its name, for messages
 * @param options.style how the file writes dates and amounts: qifSurvey.ts finds it
 */
export function createQifReader(options: { readonly file: string; readonly style: QifStyle }): StatementReader {
  return new QifReader(options.file, options.style);
}

interface Statement {
  readonly line: number;
  readonly type: StatementAccount['type'];
  readonly investments: boolean;
  name: string | null;
  opening: Balance | null;
  started: boolean;
}

class QifReader implements StatementReader {
  private readonly file: string;
  private readonly style: QifStyle;
  private readonly records: QifRecords;
  private section: QifSection | null = null;
  private statement: Statement | null = null;
  /** Name of the account that was described last. */
  private account: string | null = null;
  private count = 0;
  private known = false;

  constructor(file: string, style: QifStyle) {
    this.file = file;
    this.style = style;
    this.records = new QifRecords(file);
  }

  *push(text: string, final = false): Generator<StatementEvent> {
    for (const record of this.records.push(text, final)) {
      if (record.kind === 'header') yield* this.header(record.text, record.line);
      else if (this.section !== 'account' && this.section !== 'list') yield* this.record(record);
      else {
        this.refuseEntry(record);
        if (this.section === 'account') this.account = fieldOf(record.fields, 'N') ?? this.account;
      }
    }
    if (final) yield* this.finish();
  }

  private *header(text: string, line: number): Generator<StatementEvent> {
    const section = sectionOf(text);
    if (section === null) return;
    this.known = true;
    yield* this.endStatement(line);
    this.section = section;
    if (section === 'entries' || section === 'investments') this.begin(line, text);
  }

  private begin(line: number, header: string): Statement {
    const type =
      ENTRY_TYPES[
        header
          .trim()
          .toLowerCase()
          .replace(/^type:\s*/, '')
      ] ?? 'bank';
    const investments = this.section === 'investments';
    this.statement = {
      line,
      type: investments ? 'other' : type,
      investments,
      name: this.account,
      opening: null,
      started: false,
    };
    return this.statement;
  }

  private *record({ line, fields, closed }: Extract<QifRecord, { kind: 'record' }>): Generator<StatementEvent> {
    this.count += 1;
    const place = { line, record: this.count };
    // A file of other lines is not QIF; a last record without ^ is complete if it has what a record needs.
    if (!this.known) throw this.notQif();
    if (!closed) throw this.cut(line);
    this.refuseSecond(fields);
    const statement = this.statement ?? this.begin(line, 'Type:Bank');
    const amount = (): string => qifRecordAmount(this.file, place, fields, this.style);
    if (statement.investments) {
      yield* this.start(statement);
      const valued = fields.some(({ letter }) => letter === 'T' || letter === 'U');
      yield { kind: 'skipped', place, reason: 'investment', amount: valued ? amount() : null };
    } else if (!statement.started && isOpeningBalance(fields)) {
      const { date, amount: opening } = qifEntry(this.file, place, fields, this.style);
      statement.opening = { amount: opening, date };
      statement.name ??= transferAccount(fieldOf(fields, 'L'));
      yield* this.start(statement);
      yield { kind: 'skipped', place, reason: 'other', amount: opening };
    } else {
      yield* this.start(statement);
      yield qifEntry(this.file, place, fields, this.style);
    }
  }

  /**
   * Two days or two amounts are two entries without the end of the first: one would be lost in the other.
   * A memo of several lines may begin one with D or T, so that only what can be read counts.
   * @throws FinanceDbError BAD_INPUT
   */
  private refuseSecond(fields: readonly QifField[]): void {
    for (const letter of ['D', 'T'] as const) {
      const second = fields
        .filter((field) => field.letter === letter)
        .slice(1)
        .find((field) => this.readable(field));
      if (second === undefined) continue;
      const expectation = `a second ${letter === 'D' ? 'day' : 'amount'} in one record: the end (^) of an entry is missing`;
      throw badValue(this.file, { line: second.line, record: this.count }, letter, second.value, expectation);
    }
  }

  /**
   * Lists have no records with a day and an amount: these are entries whose header is damaged.
   * @throws FinanceDbError BAD_INPUT
   */
  private refuseEntry({ fields }: Extract<QifRecord, { kind: 'record' }>): void {
    const [day, amount] = ['D', 'T'].map((letter) => fields.find((field) => field.letter === letter));
    if (day === undefined || amount === undefined || !this.readable(day) || !this.readable(amount)) return;
    const expectation = 'an entry where accounts or lists are described: its header, such as !Type:Bank, is missing';
    throw badValue(this.file, { line: day.line, record: 0 }, 'D', day.value, expectation);
  }

  private readable({ letter, value }: QifField): boolean {
    const { dateOrder, decimalMark } = this.style;
    return (letter === 'D' ? qifDate(value, dateOrder) : qifAmount(value, decimalMark)) !== null;
  }

  private *start(statement: Statement): Generator<StatementEvent> {
    if (statement.started) return;
    statement.started = true;
    const { line, name, type, opening } = statement;
    const account = name === null ? null : { id: name, name, type };
    yield { kind: 'start', place: { line, record: 0 }, account, currency: null, number: null, opening };
  }

  private *endStatement(line: number): Generator<StatementEvent> {
    const { statement } = this;
    if (statement === null) return;
    yield* this.start(statement);
    yield { kind: 'end', place: { line, record: 0 }, opening: null, closing: null };
    this.statement = null;
  }

  private *finish(): Generator<StatementEvent> {
    if (!this.known) throw this.notQif();
    yield* this.endStatement(this.records.line);
  }

  private notQif(): FinanceDbError {
    return new FinanceDbError('BAD_INPUT', `${this.file}: not a QIF file: it does not begin with !Type: or !Account`, {
      details: { file: this.file },
      remedy: 'check that the file is what the bank gave',
    });
  }

  private cut(line: number): FinanceDbError {
    return new FinanceDbError('BAD_INPUT', `${this.file}:${line}: the file is cut: its last record has no end (^)`, {
      details: { file: this.file, line },
      remedy: 'download the file again; nothing of it was imported',
    });
  }
}

function isOpeningBalance(fields: readonly QifField[]): boolean {
  return /^opening balance$/i.test(fieldOf(fields, 'P') ?? '') && transferAccount(fieldOf(fields, 'L')) !== null;
}
