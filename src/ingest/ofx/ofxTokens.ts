import { FinanceDbError } from '../../errors/financeDbError.ts';
import { decodedEntities } from '../entities.ts';

/** A tag, or the text that stands between two. */
export interface OfxToken {
  readonly kind: 'open' | 'close' | 'text';
  /** Name of the tag in capitals, or the text with its entities decoded. */
  readonly value: string;
  readonly line: number;
}

/** A text longer than this is no value. */
const LONGEST_VALUE = 1 << 20;

/** Cuts OFX (SGML or XML) into tags and texts as it arrives. Comments, instructions and declarations are left out. */
export class OfxTokens {
  private rest = '';
  private line = 1;
  /** CDATA and text between two tags are one text. */
  private text = '';
  private textLine = 1;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** The tokens that are complete now. */
  *push(text: string, final = false): Generator<OfxToken> {
    const buffer = this.rest + text;
    let at = 0;
    for (;;) {
      const tag = nextTag(buffer, at, final);
      if (tag > at) {
        this.addText(decodedEntities(buffer.slice(at, tag)));
        at = tag;
      }
      if (at >= buffer.length) break;
      const end = tagEnd(buffer, at);
      if (end < 0) {
        if (final) throw this.cut();
        break;
      }
      const line = this.line;
      if (buffer.startsWith('<![CDATA[', at)) this.addText(buffer.slice(at + 9, end - 3));
      else {
        const close = buffer[at + 1] === '/';
        const name = buffer.slice(at + (close ? 2 : 1), end - 1);
        this.countLines(name);
        const first = name.charCodeAt(0);
        if (first !== 0x3f && first !== 0x21) {
          yield* this.flushText();
          yield* tagTokens(name, close, line);
        }
      }
      at = end;
    }
    this.rest = buffer.slice(at);
    if (this.rest.length > LONGEST_VALUE || this.text.length > LONGEST_VALUE) throw this.tooLong();
    if (final) yield* this.flushText();
  }

  private addText(text: string): void {
    // The line of its first letter: what came so far may be white space only.
    if (this.text.trimStart() === '') this.textLine = this.line + leadingLines(text);
    this.text += text;
    this.countLines(text);
  }

  private *flushText(): Generator<OfxToken> {
    if (this.text.trim() !== '') yield { kind: 'text', value: this.text, line: this.textLine };
    this.text = '';
  }

  private countLines(text: string): void {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line += 1;
  }

  private cut(): FinanceDbError {
    return new FinanceDbError('BAD_INPUT', `${this.file}:${this.line}: the file is cut in the middle of a tag`, {
      details: { file: this.file, line: this.line },
      remedy: 'download the file again; nothing of it was imported',
    });
  }

  private tooLong(): FinanceDbError {
    return new FinanceDbError('BAD_INPUT', `${this.file}:${this.line}: a value of more than a million characters`, {
      details: { file: this.file, line: this.line },
      remedy: 'check that the file is what the bank gave; nothing of it was imported',
    });
  }
}

/** Where the next tag may begin: a `<` before a letter, `/`, `!` or `?`; any other is a letter of the text. */
function nextTag(buffer: string, from: number, final: boolean): number {
  for (let at = buffer.indexOf('<', from); at >= 0; at = buffer.indexOf('<', at + 1)) {
    if (at + 1 === buffer.length) return final ? buffer.length : at;
    if (/[A-Za-z/!?]/.test(buffer[at + 1] ?? '')) return at;
  }
  if (final) return buffer.length;
  // An entity may be cut in two.
  const entity = buffer.lastIndexOf('&');
  return entity >= from && buffer.length - entity < 12 ? entity : buffer.length;
}

/** Position after the tag, comment or CDATA section that begins here, or -1 when it is not complete. */
function tagEnd(buffer: string, at: number): number {
  for (const [open, close] of [
    ['<![CDATA[', ']]>'],
    ['<!--', '-->'],
  ] as const) {
    if (buffer.startsWith(open, at)) {
      const end = buffer.indexOf(close, at + open.length);
      return end < 0 ? -1 : end + close.length;
    }
    if (open.startsWith(buffer.slice(at, at + open.length))) return -1;
  }
  const end = buffer.indexOf('>', at);
  return end < 0 ? -1 : end + 1;
}

function* tagTokens(name: string, close: boolean, line: number): Generator<OfxToken> {
  const empty = name.endsWith('/');
  const value = name.replace(/[\s/].*$/s, '').toUpperCase();
  yield { kind: close ? 'close' : 'open', value, line };
  if (empty && !close) yield { kind: 'close', value, line };
}

function leadingLines(text: string): number {
  return text.slice(0, text.length - text.trimStart().length).split('\n').length - 1;
}
