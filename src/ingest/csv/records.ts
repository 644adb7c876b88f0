import { FinanceDbError } from '../../errors/financeDbError.ts';

/** One record of a bank's CSV file. */
export interface BankRecord {
  /** The physical line that it begins on, from 1. */
  readonly line: number;
  /** Without the quotes around them; an empty field and "" are the same here. */
  readonly fields: readonly string[];
}

/** A record that is longer than this is a file whose closing quote is missing. */
const LONGEST_RECORD = 1 << 20;

const QUOTE = 0x22;
const BLANK = 0x20;

/**
 * Splits what banks call CSV into records as it arrives: any delimiter, LF, CRLF or CR, and quotes as banks write them (a quote
 * within a field is not always doubled). Apart from the strict reader of `init --from` (model/csvRecords.ts): that one must
 * tell NULL from the empty text and refuse what this one forgives, and nearly all lines here take a short way without quotes.
 */
export class BankRecords {
  private buffer = '';
  private line = 1;
  /** Decided by the first line end of the file. */
  private newline: '\n' | '\r' | null = null;
  private readonly file: string;
  private readonly delimiter: string;
  private readonly delimiterCode: number;

  /**
   * @param file its name, for messages
   * @param delimiter one character
   */
  constructor(file: string, delimiter: string) {
    this.file = file;
    this.delimiter = delimiter;
    this.delimiterCode = delimiter.charCodeAt(0);
  }

  /**
   * The records that are complete now; lines without anything are left out.
   * @param final whether this was the last text
   * @throws FinanceDbError BAD_INPUT naming file and line when a quote is never closed
   */
  push(text: string, final = false): BankRecord[] {
    this.buffer += text;
    const records: BankRecord[] = [];
    const newline = this.newlineOf(final);
    if (newline === null) {
      this.checkLength();
      return records;
    }
    const { buffer, delimiter } = this;
    let at = 0;
    while (at < buffer.length) {
      let end = buffer.indexOf(newline, at);
      if (end < 0) {
        if (!final) break;
        end = buffer.length;
      }
      const quote = buffer.indexOf('"', at);
      if (quote >= 0 && quote < end) {
        const next = this.quotedRecord(at, newline, final, records);
        if (next < 0) break;
        at = next;
        continue;
      }
      if (quote < 0 || quote >= end) {
        // Until the next quote no line has one: no need to look for it each time.
        const limit = quote < 0 ? buffer.length : quote;
        at = this.plainRecords(at, limit, newline, delimiter, final, records);
      }
    }
    this.buffer = buffer.slice(at);
    if (this.buffer.length > 0 && final) throw this.problem('a quoted field is not closed by the end of the file');
    this.checkLength();
    return records;
  }

  private checkLength(): void {
    if (this.buffer.length > LONGEST_RECORD)
      throw this.problem(`the record is longer than ${LONGEST_RECORD} characters: is a closing quote missing?`);
  }

  /** Lines that end before `limit`, where no quote stands. */
  private plainRecords(
    start: number,
    limit: number,
    newline: '\n' | '\r',
    delimiter: string,
    final: boolean,
    records: BankRecord[],
  ): number {
    const { buffer } = this;
    let at = start;
    while (at < limit) {
      let end = buffer.indexOf(newline, at);
      if (end < 0) {
        if (!final) return at;
        end = buffer.length;
      }
      if (end > limit) return at;
      const stop = end > at && buffer.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
      if (stop > at) records.push({ line: this.line, fields: buffer.slice(at, stop).split(delimiter) });
      this.line++;
      at = end + 1;
    }
    return Math.min(at, buffer.length);
  }

  /** A record that has a quote in its first line; returns where the next begins, or -1 when its end has not arrived. */
  private quotedRecord(start: number, newline: '\n' | '\r', final: boolean, records: BankRecord[]): number {
    const { buffer, delimiterCode } = this;
    const newlineCode = newline.charCodeAt(0);
    const fields: string[] = [];
    let lines = 1;
    for (let at = start; ; ) {
      let open = at;
      while (buffer.charCodeAt(open) === BLANK) open++;
      let end: number;
      if (buffer.charCodeAt(open) === QUOTE) {
        const close = this.closingQuote(open + 1, newlineCode);
        if (close < 0 || (!final && close + 2 >= buffer.length)) return -1;
        const value = buffer.slice(open + 1, close);
        for (let mark = value.indexOf(newline); mark >= 0; mark = value.indexOf(newline, mark + 1)) lines++;
        fields.push(value.includes('""') ? value.replaceAll('""', '"') : value);
        end = this.fieldEnd(close + 1, newlineCode);
      } else {
        end = this.fieldEnd(at, newlineCode);
        if (end >= buffer.length && !final) return -1;
        const stop =
          end > at && buffer.charCodeAt(end) !== delimiterCode && buffer.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
        fields.push(buffer.slice(at, stop));
      }
      if (end >= buffer.length && !final) return -1;
      if (buffer.charCodeAt(end) === delimiterCode) {
        at = end + 1;
        continue;
      }
      records.push({ line: this.line, fields });
      this.line += lines;
      return Math.min(end + 1, buffer.length);
    }
  }

  private fieldEnd(start: number, newlineCode: number): number {
    const { buffer, delimiterCode } = this;
    let end = start;
    for (; end < buffer.length; end++) {
      const code = buffer.charCodeAt(end);
      if (code === delimiterCode || code === newlineCode) break;
    }
    return end;
  }

  /** The quote that closes a field is followed by a delimiter or line end, blanks aside; any other belongs to the text. */
  private closingQuote(start: number, newlineCode: number): number {
    const { buffer, delimiterCode } = this;
    for (let from = start; ; ) {
      const quote = buffer.indexOf('"', from);
      if (quote < 0) return -1;
      if (buffer.charCodeAt(quote + 1) === QUOTE) {
        from = quote + 2;
        continue;
      }
      let after = quote + 1;
      while (buffer.charCodeAt(after) === BLANK || (buffer.charCodeAt(after) === 0x0d && newlineCode !== 0x0d)) after++;
      const code = buffer.charCodeAt(after);
      if (after >= buffer.length || code === delimiterCode || code === newlineCode) return quote;
      from = quote + 1;
    }
  }

  private newlineOf(final: boolean): '\n' | '\r' | null {
    if (this.newline !== null) return this.newline;
    const { buffer } = this;
    const [feed, carriage] = [buffer.indexOf('\n'), buffer.indexOf('\r')];
    // A return at the very end may be the first half of CRLF.
    if (carriage >= 0 && (feed < 0 || carriage < feed - 1)) {
      if (carriage + 1 >= buffer.length && !final) return null;
      this.newline = '\r';
    } else if (feed >= 0 || final) this.newline = '\n';
    return this.newline;
  }

  private problem(message: string): FinanceDbError {
    const { file, line } = this;
    return new FinanceDbError('BAD_INPUT', `${file}:${line}: ${message}`, { details: { file, line } });
  }
}
