import { FinanceDbError } from '../../errors/financeDbError.ts';
import { plainAmount } from '../plainAmount.ts';
import { badValue } from '../problem.ts';
import type { Balance, StatementAccount, StatementEvent, StatementReader } from '../statement.ts';
import { OfxFields, ofxAccount, ofxAmount, ofxEntry } from './ofxEntry.ts';
import { type OfxToken, OfxTokens } from './ofxTokens.ts';
import { ofxDate } from './ofxValues.ts';

/**
 * Reads OFX 1.x (SGML) and 2.x (XML), QFX too: accounts of a bank, cards, and what moved the cash of an investment account.
 * Trades and transfer orders are counted as skipped.
 * @param options.file its name, for messages
 */
export function createOfxReader(options: { readonly file: string }): StatementReader {
  return new OfxReader(options.file);
}

const STATEMENTS = new Set(['STMTRS', 'CCSTMTRS', 'INVSTMTRS']);
const ACCOUNTS = new Set(['BANKACCTFROM', 'CCACCTFROM', 'INVACCTFROM']);
/** Aggregates within an entry whose values go by their own name. */
const PARTS = new Set(['PAYEE', 'CURRENCY', 'ORIGCURRENCY', 'BANKACCTTO', 'CCACCTTO', 'IMAGEDATA']);
/** Entries that are not booked yet stand in STMTTRNP. */
const ENTRIES = new Set(['STMTTRN', 'STMTTRNP']);
/** Orders to transfer and trades: counted, not imported. */
const SKIPPED: Readonly<Record<string, 'investment' | 'other'>> = {
  INVTRAN: 'investment',
  INTRATRNRS: 'other',
  INTERTRNRS: 'other',
};
/** Whatever matters of the tree. In SGML only aggregates are sure to be closed, so that what is not listed here is a value. */
const AGGREGATES = new Set([
  ...['OFX', 'STATUS', 'LEDGERBAL', 'AVAILBAL'],
  ...[...STATEMENTS, ...ACCOUNTS, ...PARTS, ...ENTRIES, ...Object.keys(SKIPPED)],
]);

/** Tokens are taken in slices of the text, so that no more of them are kept than a slice holds. */
const SLICE = 1 << 16;

interface Statement {
  readonly line: number;
  currency: string | null;
  account: StatementAccount | null;
  closing: Balance | null;
  started: boolean;
}

interface OpenAggregate {
  readonly name: string;
  readonly line: number;
  readonly fields: OfxFields;
}

class OfxReader implements StatementReader {
  private readonly file: string;
  private readonly tokens: OfxTokens;
  /** Aggregates that are open, the outermost first. */
  private readonly path: OpenAggregate[] = [];
  private statement: Statement | null = null;
  /** The tag of the value that is being read. */
  private value: OfxToken | null = null;
  private records = 0;
  private begun = false;
  private line = 1;

  constructor(file: string) {
    this.file = file;
    this.tokens = new OfxTokens(file);
  }

  *push(text: string, final = false): Generator<StatementEvent> {
    for (let at = 0; at < text.length; at += SLICE) yield* this.take(this.tokens.push(text.slice(at, at + SLICE)));
    if (!final) return;
    yield* this.take(this.tokens.push('', true));
    this.finish();
  }

  private *take(tokens: readonly OfxToken[]): Generator<StatementEvent> {
    for (const token of tokens) {
      this.line = token.line;
      if (token.kind === 'text') this.text(token);
      else if (!AGGREGATES.has(token.value)) this.value = token.kind === 'open' ? token : null;
      else if (token.kind === 'open') yield* this.open(token);
      else yield* this.close(token);
    }
  }

  private *open({ value: name, line }: OfxToken): Generator<StatementEvent> {
    this.value = null;
    if (name === 'OFX') this.begun = true;
    // Entries do not nest: the one before was not closed.
    if (ENTRIES.has(name) && this.path.some((open) => ENTRIES.has(open.name)))
      yield* this.close({ kind: 'close', value: name, line });
    this.path.push({ name, line, fields: new OfxFields() });
    if (STATEMENTS.has(name)) this.statement = { line, currency: null, account: null, closing: null, started: false };
  }

  private text({ value: text, line }: OfxToken): void {
    if (this.value === null) return;
    const name = this.value.value;
    const inner = this.path.at(-1);
    if (inner === undefined) return;
    const outer = this.path.at(-2);
    if (name === 'TRNAMT') this.refuseStray(inner, text, line);
    if (PARTS.has(inner.name) && outer !== undefined) outer.fields.set(`${inner.name}.${name}`, text, line);
    else inner.fields.set(name, text, line);
    if (name === 'CURDEF' && this.statement !== null) this.statement.currency = text.trim().toUpperCase() || null;
  }

  private *close({ value: name, line: closing }: OfxToken): Generator<StatementEvent> {
    this.value = null;
    const depth = this.path.findLastIndex((open) => open.name === name);
    if (depth < 0) return;
    // What ends around an entry ends the entry too: it is not lost with the tag that would have closed it.
    const within = this.path.slice(depth + 1).find((open) => ENTRIES.has(open.name));
    if (within !== undefined) yield* this.close({ kind: 'close', value: within.name, line: closing });
    const [closed] = this.path.splice(depth);
    if (closed === undefined) return;
    const { line, fields } = closed;
    if (name === 'STATUS') this.refuseError(line, fields);
    else if (ACCOUNTS.has(name)) {
      // Transfer orders name accounts too.
      if (this.statement !== null) this.statement.account ??= ofxAccount(name, fields);
    } else if (name === 'LEDGERBAL') this.closing(fields);
    else if (ENTRIES.has(name)) yield* this.entry(name, line, fields);
    else if (STATEMENTS.has(name)) yield* this.endStatement();
    else {
      const reason = SKIPPED[name];
      if (reason === undefined) return;
      this.records += 1;
      yield* this.start();
      yield { kind: 'skipped', place: { line, record: this.records }, reason, amount: null };
    }
  }

  /**
   * An amount of a statement belongs to an entry, and each entry has one: otherwise a tag between two entries is damaged,
   * and one of them would be lost in the other.
   * @throws FinanceDbError BAD_INPUT
   */
  private refuseStray(inner: OpenAggregate, text: string, line: number): void {
    if (this.statement === null || this.path.some((open) => SKIPPED[open.name] !== undefined)) return;
    const place = { line, record: this.records + 1 };
    if (inner.fields.get('TRNAMT') !== null)
      throw badValue(this.file, place, 'TRNAMT', text, `a second amount in the <${inner.name}> of line ${inner.line}`);
    if (!this.path.some((open) => ENTRIES.has(open.name)))
      throw badValue(this.file, place, 'TRNAMT', text, 'an amount outside of an entry (STMTTRN)');
  }

  private *entry(name: string, line: number, fields: OfxFields): Generator<StatementEvent> {
    this.records += 1;
    const place = { line, record: this.records };
    if (this.statement === null)
      throw badValue(this.file, place, name, fields.get('FITID') ?? '', 'an entry outside of a statement (STMTRS)');
    yield* this.start();
    if (name === 'STMTTRNP')
      yield { kind: 'skipped', place, reason: 'pending', amount: ofxAmount(this.file, place, fields) };
    else yield ofxEntry(this.file, place, fields, this.statement.currency);
  }

  /** @throws FinanceDbError BAD_INPUT with the bank's own message */
  private refuseError(line: number, fields: OfxFields): void {
    if (fields.get('SEVERITY')?.toUpperCase() !== 'ERROR') return;
    const code = fields.get('CODE') ?? 'without a code';
    const message = fields.get('MESSAGE');
    throw new FinanceDbError(
      'BAD_INPUT',
      `${this.file}:${line}: the bank sent an error instead of a statement: ${code}${message === null ? '' : ` ${message}`}`,
      {
        details: { file: this.file, line, code, bankMessage: message },
        remedy: 'ask the bank for the statement again',
      },
    );
  }

  private closing(fields: OfxFields): void {
    const text = fields.get('BALAMT');
    if (this.statement === null || text === null) return;
    const amount = plainAmount(text);
    const line = fields.line('BALAMT') ?? this.line;
    if (amount === null)
      throw badValue(this.file, { line, record: 0 }, 'LEDGERBAL BALAMT', text, 'expected an amount such as -12.50');
    this.statement.closing = { amount, date: ofxDate(fields.get('DTASOF') ?? '')?.date ?? null };
  }

  private *start(): Generator<StatementEvent> {
    if (this.statement === null || this.statement.started) return;
    this.statement.started = true;
    const { line, account, currency } = this.statement;
    yield { kind: 'start', place: { line, record: 0 }, account, currency, number: null, opening: null };
  }

  private *endStatement(): Generator<StatementEvent> {
    if (this.statement === null) return;
    yield* this.start();
    yield { kind: 'end', place: { line: this.line, record: 0 }, opening: null, closing: this.statement.closing };
    this.statement = null;
  }

  /** Values may go without an end in SGML, aggregates may not. */
  private finish(): void {
    if (!this.begun)
      throw new FinanceDbError('BAD_INPUT', `${this.file}: not an OFX file: it has no <OFX>`, {
        details: { file: this.file },
        remedy: 'check that the file is what the bank gave',
      });
    const open = this.path.at(-1);
    if (open === undefined) return;
    throw new FinanceDbError(
      'BAD_INPUT',
      `${this.file}:${this.line}: the file is cut: <${open.name}> of line ${open.line} is not closed`,
      { details: { file: this.file, line: this.line }, remedy: 'download the file again; nothing of it was imported' },
    );
  }
}
