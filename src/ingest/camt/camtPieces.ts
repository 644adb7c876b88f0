import { SaxesParser } from 'saxes';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type CamtDetail, readDetail } from './camtDetail.ts';
import type { XmlNode } from './xmlNode.ts';

/** A part of a CAMT message that is complete. */
export type CamtPiece =
  /** A statement, report or notification begins. */
  | { readonly kind: 'begin'; readonly line: number }
  /** A child of it that matters (Id, Acct, Bal, Ntry …); the TxDtls of an entry are not in its tree but in `details`. */
  | { readonly kind: 'part'; readonly node: XmlNode; readonly details: readonly CamtDetail[] }
  | { readonly kind: 'end'; readonly line: number };

const MESSAGES = new Set(['BkToCstmrStmt', 'BkToCstmrAcctRpt', 'BkToCstmrDbtCdtNtfctn']);
const STATEMENTS = new Set(['Stmt', 'Rpt', 'Ntfctn']);
const PARTS = new Set(['Id', 'ElctrncSeqNb', 'Acct', 'Bal', 'Ntry']);
/** Text is parsed in slices, so that no more pieces than a slice holds are kept. */
const SLICE = 1 << 16;
/** Memory stays bounded: an entry that is larger than this is none. */
const LONGEST_VALUE = 1 << 20;
const MOST_ELEMENTS = 100_000;

/** Parses CAMT.052, .053 and .054 of any version as the text arrives. Document types are refused, and with them all entities. */
export class CamtPieces {
  /** What the message is: `BkToCstmrStmt` (053), `BkToCstmrAcctRpt` (052), `BkToCstmrDbtCdtNtfctn` (054); null before it began. */
  message: string | null = null;
  private readonly parser = new SaxesParser({ position: false });
  private readonly file: string;
  private readonly mostDetails: number;
  private pieces: CamtPiece[] = [];
  /** Names of the elements that are open outside of the part that is kept. */
  private readonly outer: string[] = [];
  /** Elements of the part that is kept, the outermost first. */
  private readonly kept: XmlNode[] = [];
  private elements = 0;
  private details: CamtDetail[] = [];
  /** Characters that were read since the last tag, to within a slice: the parser keeps them. */
  private sinceTag = 0;

  /**
   * @param file its name, for messages
   * @param mostDetails an entry of more details comes without any
   */
  constructor(file: string, mostDetails: number) {
    this.file = file;
    this.mostDetails = mostDetails;
    const { parser } = this;
    parser.on('doctype', () => {
      throw this.problem('a document type (<!DOCTYPE) is not accepted in a bank file', 'ask the bank for plain CAMT');
    });
    parser.on('error', (error) => {
      throw this.problem(
        `not well-formed XML: ${error.message}`,
        'download the file again; nothing of it was imported',
      );
    });
    parser.on('opentag', ({ name, attributes }) => {
      const currency = attributes['Ccy'];
      this.open(plainName(name), typeof currency === 'string' ? currency : null);
    });
    parser.on('closetag', (tag) => this.close(plainName(tag.name)));
    parser.on('text', (text) => this.text(text));
    parser.on('cdata', (text) => this.text(text));
  }

  get line(): number {
    return this.parser.line;
  }

  /**
   * The pieces that are complete now.
   * @throws FinanceDbError BAD_INPUT for XML that is not well-formed, or ends too early
   */
  *push(text: string, final = false): Generator<CamtPiece> {
    for (let at = 0; at < text.length; at += SLICE) {
      const slice = text.slice(at, at + SLICE);
      this.parser.write(slice);
      this.sinceTag += slice.length;
      if (this.sinceTag > LONGEST_VALUE)
        throw this.problem('a value of more than a million characters', 'check that the file is what the bank gave');
      yield* this.take();
    }
    if (!final) return;
    const open = this.kept.at(-1)?.name ?? this.outer.at(-1);
    if (open !== undefined)
      throw this.problem(
        `the file is cut: <${open}> is not closed`,
        'download the file again; nothing of it was imported',
      );
    this.parser.close();
    yield* this.take();
  }

  private take(): readonly CamtPiece[] {
    const { pieces } = this;
    this.pieces = [];
    return pieces;
  }

  private open(name: string, currency: string | null): void {
    this.sinceTag = 0;
    const parent = this.kept.at(-1);
    const inStatement = this.outer.length > 0 && STATEMENTS.has(this.outer.at(-1) ?? '') && this.message !== null;
    if (parent !== undefined || (inStatement && PARTS.has(name))) {
      this.elements += 1;
      if (this.elements > MOST_ELEMENTS)
        throw this.problem(
          'an entry of more than a hundred thousand elements',
          'check that the file is what the bank gave',
        );
      const node: XmlNode = { name, line: this.parser.line, currency, text: '', children: [] };
      parent?.children.push(node);
      this.kept.push(node);
      return;
    }
    const message = messageName(name);
    if (message !== null) this.message = message;
    else if (STATEMENTS.has(name) && messageName(this.outer.at(-1) ?? '') !== null)
      this.pieces.push({ kind: 'begin', line: this.parser.line });
    this.outer.push(name);
  }

  private text(text: string): void {
    const node = this.kept.at(-1);
    if (node !== undefined) node.text += text;
  }

  private close(name: string): void {
    this.sinceTag = 0;
    const node = this.kept.pop();
    if (node !== undefined) {
      const parent = this.kept.at(-1);
      if (parent === undefined) {
        const { details } = this;
        this.pieces.push({ kind: 'part', node, details: details.length > this.mostDetails ? [] : details });
        this.elements = 0;
        this.details = [];
      } else if (name === 'TxDtls') {
        parent.children.pop();
        if (this.details.length <= this.mostDetails) this.details.push(readDetail(node));
        this.elements = 0;
      }
      return;
    }
    this.outer.pop();
    if (STATEMENTS.has(name) && messageName(this.outer.at(-1) ?? '') !== null)
      this.pieces.push({ kind: 'end', line: this.parser.line });
  }

  private problem(message: string, remedy: string): FinanceDbError {
    const { line } = this.parser;
    return new FinanceDbError('BAD_INPUT', `${this.file}:${line}: ${message}`, {
      details: { file: this.file, line },
      remedy,
    });
  }
}

/** In version 1 the names end with it: `BkToCstmrStmtV01`. */
function messageName(name: string): string | null {
  const message = name.replace(/V\d\d$/, '');
  return MESSAGES.has(message) ? message : null;
}

function plainName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
