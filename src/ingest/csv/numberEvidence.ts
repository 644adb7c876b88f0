import type { NumberStyle } from './amount.ts';
import { amountParts } from './amount.ts';

/** What the cells of number columns say about the decimal mark and the thousands mark of a file, gathered over all of it. */
export class NumberEvidence {
  private readonly decimal = { '.': 0, ',': 0 };
  private readonly grouped = { '.': 0, ',': 0, "'": 0, ' ': 0 };
  /** Values such as 1,234 that are a thousand or one and a bit. */
  private readonly unclear = { '.': 0, ',': 0 };

  add(cell: string): void {
    if (/^-?\d+$/.test(cell)) return;
    const digits = /^-?\d+[.,]\d+$/.test(cell) ? cell.replace('-', '') : amountParts(cell)?.digits;
    if (digits === undefined) return;
    const marks = digits.replace(/\d/g, '');
    if (marks === '') return;
    const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
    const mark = digits[last] as '.' | ',' | undefined;
    for (const other of new Set(last < 0 ? marks : marks.slice(0, -1))) this.grouped[groupMark(other)]++;
    if (mark === undefined || last < 0) return;
    if (marks.split(mark).length > 2) {
      this.grouped[mark]++;
      return;
    }
    const after = digits.length - last - 1;
    // Other marks before it, or not three digits after it, or more than three or a lone zero before it: it is the decimal mark.
    const before = digits.slice(0, last);
    if (marks.length > 1 || after !== 3 || before.length > 3 || before === '0' || before === '') this.decimal[mark]++;
    else this.unclear[mark]++;
  }

  /** The styles in which all of the cells can be read. */
  styles(): { readonly styles: readonly NumberStyle[]; readonly contradiction: boolean } {
    const marks = (['.', ','] as const).filter((mark) => this.decimal[mark] > 0);
    if (marks.length === 2) return { styles: [], contradiction: true };
    const [known] = marks;
    if (known !== undefined) return { styles: [this.style(known)], contradiction: false };
    if (this.grouped['.'] > 0) return { styles: [this.style(',')], contradiction: this.grouped[','] > 0 };
    if (this.grouped[','] > 0) return { styles: [this.style('.')], contradiction: false };
    if (this.unclear['.'] > 0 && this.unclear[','] > 0) return { styles: [], contradiction: true };
    const [unclear] = (['.', ','] as const).filter((mark) => this.unclear[mark] > 0);
    if (unclear === undefined) return { styles: [this.style('.')], contradiction: false };
    const other = unclear === '.' ? ',' : '.';
    return {
      styles: [
        { decimalMark: other, thousands: unclear },
        { decimalMark: unclear, thousands: '' },
      ],
      contradiction: false,
    };
  }

  private style(decimalMark: '.' | ','): NumberStyle {
    const other = decimalMark === '.' ? ',' : '.';
    if (this.grouped["'"] > 0) return { decimalMark, thousands: "'" };
    if (this.grouped[' '] > 0) return { decimalMark, thousands: ' ' };
    // Nothing else than thousands can be meant by the other mark: allowed though this file has none.
    return { decimalMark, thousands: other };
  }
}

function groupMark(mark: string): '.' | ',' | "'" | ' ' {
  if (mark === '.' || mark === ',') return mark;
  return mark === "'" || mark === '\u2019' ? "'" : ' ';
}
