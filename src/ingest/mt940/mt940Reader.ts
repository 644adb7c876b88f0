import { FinanceDbError } from '../../errors/financeDbError.ts';
import { idOrNull, joinedText } from '../freeText.ts';
import { badValue } from '../problem.ts';
import type { Balance, StatementEvent, StatementReader } from '../statement.ts';
import { readInformation } from './information.ts';
import { ibanAmong, originalAmount, readStatementLine, type StatementLine } from './statementLine.ts';
import { namedAccount } from './swiftAccount.ts';
import { type SwiftField, SwiftFields } from './swiftFields.ts';
import { swiftBalance } from './swiftValues.ts';

/**
 * Reads MT940 (statements) and MT942 (reports within the day, whose entries are not booked yet). Fields that it does not
 * know are left out.
 * @param options.file its name, for messages
 */
export function createMt940Reader(options: { readonly file: string }): StatementReader {
  return new Mt940Reader(options.file);
}

/** The statement that is being read. */
interface Statement {
  readonly line: number;
  account: string | null;
  number: string | null;
  currency: string | null;
  opening: Balance | null;
  closing: Balance | null;
  /** Whether its start was given out: from then on its head stands. */
  started: boolean;
  interim: boolean;
}

class Mt940Reader implements StatementReader {
  private readonly file: string;
  private readonly fields: SwiftFields;
  private statement: Statement | null = null;
  private entry: { line: StatementLine; at: number; information: string[][] } | null = null;
  private records = 0;
  private fieldsSeen = 0;
  /** Line of a `{4:` that is not closed yet. */
  private envelope: number | null = null;
  private messageType: string | null = null;

  constructor(file: string) {
    this.file = file;
    this.fields = new SwiftFields(file);
  }

  *push(text: string, final = false): Generator<StatementEvent> {
    for (const field of this.fields.push(text, final)) {
      if (field.kind === 'field') yield* this.field(field);
      else yield* this.frame(field);
    }
    if (final) yield* this.finish();
  }

  private *frame(field: Exclude<SwiftField, { kind: 'field' }>): Generator<StatementEvent> {
    yield* this.endEntry();
    if (field.kind === 'open') {
      yield* this.endStatement(field.line);
      this.envelope = field.line;
      this.messageType = field.type;
    } else {
      this.envelope = null;
      // A hyphen before the closing balance was part of a text.
      if (this.statement?.closing !== null || this.statement.interim) yield* this.endStatement(field.line);
    }
  }

  private *field({ tag, lines, line }: Extract<SwiftField, { kind: 'field' }>): Generator<StatementEvent> {
    this.fieldsSeen += 1;
    if (tag === '86') {
      this.entry?.information.push(lines);
      return;
    }
    yield* this.endEntry();
    const value = lines[0] ?? '';
    if (tag === '20') {
      yield* this.endStatement(line);
      this.begin(line);
    } else if (tag === '25') this.head(line, (statement) => (statement.account = value.trim()));
    else if (tag === '28' || tag === '28C') this.head(line, (statement) => (statement.number = value.trim()));
    else if (tag === '34F') {
      this.head(line, (statement) => {
        statement.interim = true;
        statement.currency ??= /^[A-Z]{3}/.exec(value)?.[0] ?? null;
      });
    } else if (tag === '60F' || tag === '60M') yield* this.opening(line, tag, value);
    else if (tag === '62F' || tag === '62M') {
      const { balance, currency } = this.balance(line, tag, value);
      const statement = this.statement ?? this.begin(line);
      statement.closing = balance;
      if (!statement.started) statement.currency ??= currency;
    } else if (tag === '61') this.beginEntry(line, lines);
  }

  private begin(line: number): Statement {
    this.statement = {
      line,
      account: null,
      number: null,
      currency: null,
      opening: null,
      closing: null,
      started: false,
      interim: this.messageType === '942',
    };
    return this.statement;
  }

  /** A statement's head stands before its first entry. */
  private head(line: number, set: (statement: Statement) => void): void {
    const statement = this.statement ?? this.begin(line);
    if (!statement.started) set(statement);
  }

  /** A second opening balance begins another statement of the same account. */
  private *opening(line: number, tag: string, value: string): Generator<StatementEvent> {
    const { balance, currency } = this.balance(line, tag, value);
    let statement = this.statement ?? this.begin(line);
    if (statement.opening !== null || statement.closing !== null || statement.started) {
      const { account, number } = statement;
      yield* this.endStatement(line);
      statement = this.begin(line);
      statement.account = account;
      statement.number = number;
    }
    statement.opening = balance;
    statement.currency = currency;
    statement.interim = false;
  }

  private balance(line: number, tag: string, value: string): { balance: Balance; currency: string } {
    const read = swiftBalance(value);
    if (read === null)
      throw badValue(this.file, { line, record: 0 }, `:${tag}:`, value, 'expected a balance such as C240131EUR1234,56');
    return read;
  }

  private beginEntry(at: number, lines: readonly string[]): void {
    this.records += 1;
    const line = readStatementLine(lines);
    if (typeof line === 'string')
      throw badValue(this.file, { line: at, record: this.records }, ':61:', lines[0] ?? '', line);
    if (this.statement === null) this.begin(at);
    this.entry = { line, at, information: [] };
  }

  private *endEntry(): Generator<StatementEvent> {
    if (this.entry === null || this.statement === null) return;
    const { line, at, information } = this.entry;
    this.entry = null;
    yield* this.start(this.statement);
    const place = { line: at, record: this.records };
    if (this.statement.interim) {
      yield { kind: 'skipped', place, reason: 'pending', amount: line.amount };
      return;
    }
    const { text, payee, counterAccount, businessCode } = readInformation(information);
    yield {
      kind: 'entry',
      place,
      date: line.date,
      time: null,
      valueDate: line.valueDate,
      amount: line.amount,
      currency: null,
      bankId: idOrNull(line.bankReference),
      text: joinedText([text, line.supplement, idOrNull(line.customerReference)]),
      payee,
      counterAccount: counterAccount ?? ibanAmong(line),
      code: businessCode === null ? line.code : `${line.code}/${businessCode}`,
      mcc: null,
      city: null,
      state: null,
      category: null,
      subcategory: null,
      original: originalAmount(`${line.supplement} ${information.flat().join('')}`, line.amount),
      balance: null,
    };
  }

  private *start(statement: Statement): Generator<StatementEvent> {
    if (statement.started) return;
    statement.started = true;
    const { account, currency } = namedAccount(statement.account, statement.currency);
    const { line, number, opening } = statement;
    yield { kind: 'start', place: { line, record: 0 }, account, currency, number, opening };
  }

  private *endStatement(line: number): Generator<StatementEvent> {
    const statement = this.statement;
    if (statement === null) return;
    yield* this.start(statement);
    yield { kind: 'end', place: { line, record: 0 }, opening: null, closing: statement.closing };
    this.statement = null;
  }

  private *finish(): Generator<StatementEvent> {
    yield* this.endEntry();
    if (this.fieldsSeen === 0)
      throw new FinanceDbError('BAD_INPUT', `${this.file}: not an MT940 file: it has no field such as :20: or :61:`, {
        details: { file: this.file },
        remedy: 'check that the file is what the bank gave',
      });
    const statement = this.statement;
    const cut = statement?.started === true && statement.opening !== null && statement.closing === null;
    if (cut || this.envelope !== null) {
      const missing = cut ? 'the closing balance (:62F:)' : `the end (-}) of the message of line ${this.envelope}`;
      throw new FinanceDbError(
        'BAD_INPUT',
        `${this.file}:${this.fields.line}: the file is cut: ${missing} is missing`,
        {
          details: { file: this.file, line: this.fields.line },
          remedy: 'download the file again; nothing of it was imported',
        },
      );
    }
    yield* this.endStatement(this.fields.line);
  }
}
