import { FinanceDbError } from '../errors/financeDbError.ts';

/** A line that is longer than this is no line of a statement. */
const LONGEST_LINE = 1 << 20;

/** Cuts text into lines as it arrives; a line ends with LF, CRLF or CR. */
export class TextLines {
  /** Number of the line that was given last, from 1. */
  line = 0;
  private rest = '';
  private readonly file: string;

  /** @param file its name, for messages */
  constructor(file: string) {
    this.file = file;
  }

  /**
   * The lines that are complete now, without their ends; `line` tells the number of each as it is given.
   * @param final whether this was the last text
   * @throws FinanceDbError BAD_INPUT for a line of more than a million characters
   */
  *push(text: string, final = false): Generator<string> {
    let buffer = this.rest + text;
    this.rest = '';
    if (buffer.includes('\r')) {
      // A CR at the end may be half of a CRLF.
      if (!final && buffer.endsWith('\r')) {
        this.rest = '\r';
        buffer = buffer.slice(0, -1);
      }
      buffer = buffer.replace(/\r\n?/g, '\n');
    }
    let from = 0;
    for (let end = buffer.indexOf('\n'); end >= 0; end = buffer.indexOf('\n', from)) {
      const line = buffer.slice(from, end);
      from = end + 1;
      yield this.next(line);
    }
    this.rest = buffer.slice(from) + this.rest;
    if (final && this.rest !== '') {
      const line = this.rest;
      this.rest = '';
      yield this.next(line);
    } else if (this.rest.length > LONGEST_LINE) this.next(this.rest);
  }

  private next(line: string): string {
    this.line += 1;
    if (line.length > LONGEST_LINE)
      throw new FinanceDbError('BAD_INPUT', `${this.file}:${this.line}: a line of more than a million characters`, {
        details: { file: this.file, line: this.line },
        remedy: 'check that the file is what the bank gave; nothing of it was imported',
      });
    return line;
  }
}
