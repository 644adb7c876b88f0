import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { Balance, StatementAccount, StatementEvent, StatementReader } from '../statement.ts';
import { bookedBalances, type CamtBalance } from './camtBalances.ts';
import { accountNumber } from './camtDetail.ts';
import { camtEntries, dateAt, signedAmount, statusOf } from './camtEntry.ts';
import { type CamtPiece, CamtPieces } from './camtPieces.ts';
import { childAt, textAt, type XmlNode } from './xmlNode.ts';

/**
 * Reads CAMT.052 (reports within the day), .053 (statements) and .054 (notifications), version 2 and later. Entries that are
 * not booked are counted as pending.
 * @param options.file its name, for messages
 * @param options.mostDetails an entry of more details than this is not split, so that memory stays bounded
 */
export function createCamtReader(options: { readonly file: string; readonly mostDetails?: number }): StatementReader {
  return new CamtReader(options.file, options.mostDetails ?? MOST_DETAILS);
}

const MOST_DETAILS = 50_000;

interface Statement {
  readonly line: number;
  number: string | null;
  account: StatementAccount | null;
  currency: string | null;
  readonly balances: CamtBalance[];
  closing: Balance | null;
  started: boolean;
}

class CamtReader implements StatementReader {
  private readonly file: string;
  private readonly pieces: CamtPieces;
  private statement: Statement | null = null;
  private statements = 0;
  private records = 0;

  constructor(file: string, mostDetails: number) {
    this.file = file;
    this.pieces = new CamtPieces(file, mostDetails);
  }

  *push(text: string, final = false): Generator<StatementEvent> {
    for (const piece of this.pieces.push(text, final)) yield* this.piece(piece);
    if (final) this.finish();
  }

  private *piece(piece: CamtPiece): Generator<StatementEvent> {
    if (piece.kind === 'begin') {
      this.statements += 1;
      const { line } = piece;
      this.statement = {
        line,
        number: null,
        account: null,
        currency: null,
        balances: [],
        closing: null,
        started: false,
      };
      return;
    }
    const { statement } = this;
    if (statement === null) return;
    if (piece.kind === 'end') {
      yield* this.start(statement, null);
      yield { kind: 'end', place: { line: piece.line, record: 0 }, opening: null, closing: statement.closing };
      this.statement = null;
    } else yield* this.part(statement, piece);
  }

  private *part(statement: Statement, piece: Extract<CamtPiece, { kind: 'part' }>): Generator<StatementEvent> {
    const { node, details } = piece;
    if (node.name === 'Ntry') {
      this.records += 1;
      const place = { line: node.line, record: this.records };
      yield* this.start(statement, node);
      const status = statusOf(node) ?? (this.pieces.message === 'BkToCstmrStmt' ? 'BOOK' : 'PDNG');
      if (status === 'BOOK') {
        const { account, currency } = statement;
        const context = { file: this.file, account: account?.id ?? null, currency };
        // Each part of a batch is an entry of its own, with a number of its own.
        for (const [index, entry] of camtEntries(context, place, node, details).entries()) {
          if (index > 0) this.records++;
          yield index === 0 ? entry : { ...entry, place: { line: entry.place.line, record: this.records } };
        }
      } else yield { kind: 'skipped', place, reason: 'pending', amount: signedAmount(this.file, place, node).amount };
    } else if (node.name === 'Bal') this.balance(statement, node);
    else if (node.name === 'Acct') {
      statement.account = accountOf(node);
      statement.currency = textAt(node, 'Ccy');
    } else statement.number ??= node.text.trim() || null;
  }

  private balance(statement: Statement, node: XmlNode): void {
    const place = { line: node.line, record: 0 };
    const type = textAt(node, 'Tp', 'CdOrPrtry', 'Cd') ?? textAt(node, 'Tp', 'Cd');
    if (type === null || !['OPBD', 'PRCD', 'ITBD', 'CLBD'].includes(type)) return;
    const date = dateAt(this.file, place, childAt(node, 'Dt'))?.date ?? null;
    statement.balances.push({ type, date, ...signedAmount(this.file, place, node) });
  }

  /** @param entry the first, whose currency is the account's where nothing else says it */
  private *start(statement: Statement, entry: XmlNode | null): Generator<StatementEvent> {
    if (statement.started) return;
    statement.started = true;
    const { line, account, number, balances } = statement;
    const opening = balances.find(({ type }) => type === 'OPBD') ?? balances[0];
    const currency = statement.currency ?? opening?.currency ?? childAt(entry, 'Amt')?.currency ?? null;
    statement.currency = currency;
    const booked = bookedBalances(balances, currency);
    statement.closing = booked.closing;
    yield { kind: 'start', place: { line, record: 0 }, account, currency, number, opening: booked.opening };
  }

  private finish(): void {
    if (this.statements > 0) return;
    const what =
      this.pieces.message === null
        ? 'it is XML, but not a CAMT.052, .053 or .054 message'
        : 'the message holds no statement, report or notification';
    throw new FinanceDbError('BAD_INPUT', `${this.file}: ${what}`, {
      details: { file: this.file },
      remedy: 'check that the file is what the bank gave',
    });
  }
}

function accountOf(node: XmlNode): StatementAccount | null {
  const id = accountNumber(node);
  return id === null ? null : { id, name: textAt(node, 'Nm'), type: 'bank' };
}
