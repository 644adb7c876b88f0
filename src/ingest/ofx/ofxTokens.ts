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

const QUESTION = 0x3f;
const EXCLAMATION = 0x21;
const SLASH = 0x2f;

/** Cuts OFX (SGML or XML) into tags and texts as it arrives. Comments, instructions and declarations are left out. */
export class OfxTokens {
  private rest = '';
  private line = 1;
  /** CDATA and text between two tags are one text. */
  private text = '';
  private textLine = 1;
  private tokens: OfxToken[] = [];
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** The tokens that are complete now. */
  push(text: string, final = false): readonly OfxToken[] {
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
      if (buffer.startsWith('<![CDATA[', at)) this.addText(buffer.slice(at + 9, end - 3));
      else this.addTag(buffer.slice(at + 1, end - 1));
      at = end;
    }
    this.rest = buffer.slice(at);
    if (this.rest.length > LONGEST_VALUE || this.text.length > LONGEST_VALUE) throw this.tooLong();
    if (final) this.endText();
    const { tokens } = this;
    this.tokens = [];
    return tokens;
  }

  /** @param inner what stands between `<` and `>` */
  private addTag(inner: string): void {
    const { line } = this;
    const first = inner.charCodeAt(0);
    if (first !== QUESTION && first !== EXCLAMATION) {
      this.endText();
      const name = first === SLASH ? inner.slice(1) : inner;
      const value = (/[\s/]/.test(name) ? name.replace(/[\s/].*$/s, '') : name).toUpperCase();
      this.tokens.push({ kind: first === SLASH ? 'close' : 'open', value, line });
      if (first !== SLASH && inner.endsWith('/')) this.tokens.push({ kind: 'close', value, line });
    }
    this.countLines(inner);
  }

  /** White space before the first letter is left out: the text's line is that of the letter. */
  private addText(text: string): void {
    let kept = text;
    if (this.text === '') {
      kept = text.trimStart();
      if (kept.length < text.length) this.countLines(text.slice(0, text.length - kept.length));
      this.textLine = this.line;
    }
    this.text += kept;
    this.countLines(kept);
  }

  private endText(): void {
    if (this.text !== '') this.tokens.push({ kind: 'text', value: this.text, line: this.textLine });
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
