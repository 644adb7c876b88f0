import { FinanceDbError } from '../errors/financeDbError.ts';

/** One record of a CSV file. */
export interface CsvRecord {
  /** The physical lines that it begins and ends on, from 1. */
  readonly line: number;
  readonly endLine: number;
  /** Null for an empty field without quotes, '' for one with quotes: as PostgreSQL's and DuckDB's CSV have it. */
  readonly fields: readonly (string | null)[];
}

/** A record that is longer than this is a file whose closing quote is missing. */
export const LONGEST_RECORD = 1 << 20;

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Splits CSV text (RFC 4180; LF or CRLF) into records as it arrives. Written here rather than taken from a package,
 * because an import has to tell NULL from the empty string, and to name the line of every record.
 */
export class CsvRecords {
  private buffer = '';
  private line = 1;
  private fieldEnd = 0;
  private newlines = 0;
  private readonly file: string;

  /** @param file its name, for messages */
  constructor(file: string) {
    this.file = file;
  }

  /**
   * The records that are complete now; lines without anything are left out.
   * @param final whether this was the last text
   * @throws FinanceDbError BAD_INPUT naming file and line when quotes are not as they should be
   */
  *push(text: string, final = false): Generator<CsvRecord, void, undefined> {
    this.buffer += text;
    let at = 0;
    while (at < this.buffer.length) {
      const fields: (string | null)[] = [];
      const end = this.readRecord(at, final, fields);
      if (end < 0) break;
      const { line } = this;
      this.line += this.newlines + 1;
      at = end;
      if (fields.length > 1 || fields[0] !== null) yield { line, endLine: line + this.newlines, fields };
    }
    this.buffer = this.buffer.slice(at);
    if (final && this.buffer.length > 0) throw this.problem('a quoted field is not closed by the end of the file');
    if (this.buffer.length > LONGEST_RECORD)
      throw this.problem(`the record is longer than ${LONGEST_RECORD} characters: is a closing quote missing?`);
  }

  /** Reads one record into `fields`; returns where the next begins, or -1 when its end has not arrived. */
  private readRecord(start: number, final: boolean, fields: (string | null)[]): number {
    const { buffer } = this;
    this.newlines = 0;
    for (let at = start; ; ) {
      const field = buffer.charCodeAt(at) === QUOTE ? this.readQuoted(at, final) : this.readPlain(at);
      if (field === undefined) return -1;
      const end = this.fieldEnd;
      const next = buffer.charCodeAt(end);
      fields.push(field);
      if (next === COMMA) {
        at = end + 1;
        continue;
      }
      if (next === NEWLINE) return end + 1;
      if (next === RETURN && buffer.charCodeAt(end + 1) === NEWLINE) return end + 2;
      // What follows may still be on its way.
      if (end >= buffer.length || (next === RETURN && end + 1 >= buffer.length)) return final ? buffer.length : -1;
      throw this.problem(
        `field ${fields.length}: text follows a closing quote (a quote within a field is doubled: "")`,
      );
    }
  }

  /** Up to the next comma or line end. */
  private readPlain(start: number): string | null {
    const { buffer } = this;
    let at = start;
    for (; at < buffer.length; at++) {
      const code = buffer.charCodeAt(at);
      if (code === COMMA || code === NEWLINE) break;
    }
    // A return before the newline belongs to the line end.
    if (at > start && buffer.charCodeAt(at) === NEWLINE && buffer.charCodeAt(at - 1) === RETURN) at--;
    this.fieldEnd = at;
    return at === start ? null : buffer.slice(start, at);
  }

  /** Up to the closing quote; undefined when that has not arrived. */
  private readQuoted(start: number, final: boolean): string | undefined {
    const { buffer } = this;
    let value = '';
    for (let from = start + 1; ; ) {
      const quote = buffer.indexOf('"', from);
      if (quote < 0 || (quote + 1 === buffer.length && !final)) return undefined;
      if (buffer.charCodeAt(quote + 1) !== QUOTE) {
        value += buffer.slice(from, quote);
        this.fieldEnd = quote + 1;
        break;
      }
      value += buffer.slice(from, quote + 1);
      from = quote + 2;
    }
    for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) this.newlines++;
    return value;
  }

  private problem(message: string): FinanceDbError {
    const { file, line } = this;
    return new FinanceDbError('BAD_INPUT', `${file}:${line}: ${message}`, { details: { file, line } });
  }
}
