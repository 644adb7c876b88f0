import type { ReportCell, ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { NumberStyle } from '../money.ts';
import { printable } from '../printable.ts';
import { truncate } from '../width.ts';

/** Sentences to this many, over several lines. */
const LONGEST_SENTENCE = 200;
/** Names are cut to this many columns even where there is room. */
const LONGEST_NAME = 40;

/** A cell for people. A missing name is said in words: `(no category)`. */
export function cellText(column: ReportColumn, row: ReportRow, numbers: NumberStyle): string {
  const value = row[column.key] ?? null;
  switch (column.kind) {
    case 'money':
      return numbers.money(textOf(value));
    case 'amount':
      return numbers.amount(textOf(value), textOf(row.currency ?? null));
    case 'count':
      return value === null ? '' : numbers.count(String(value));
    case 'share':
      return numbers.share(typeof value === 'number' ? value : null);
    case 'number':
      return numbers.number(typeof value === 'number' ? value : null);
    case 'flag':
      return value === true ? 'yes' : '';
    case 'date':
      return textOf(value) ?? '';
    case 'text':
    case 'series': {
      const text = textOf(value);
      return text === null || text.trim() === ''
        ? column.spare === undefined
          ? `(no ${column.title.toLowerCase()})`
          : ''
        : truncate(
            printable(column.wide ? sentence(text, row, numbers) : text),
            column.wide ? LONGEST_SENTENCE : LONGEST_NAME,
          );
    }
  }
}

/** The amount in a sentence of `anomalies` is written as the amount of its row is, sign and all. */
function sentence(text: string, row: ReportRow, numbers: NumberStyle): string {
  const sign = String(row.amount ?? '').startsWith('-') ? '-' : '';
  return text.replace(
    /^(up from |[\d.]+ times the usual )(\d+(?:\.\d+)?)/,
    (_, words: string, size: string) => words + numbers.money(`${sign}${size}`),
  );
}

/** Names and sentences may be cut, and nothing else. */
export function mayBeCut(column: ReportColumn): boolean {
  return column.kind === 'text' && column.whole !== true;
}

export function alignmentOf(column: ReportColumn): 'left' | 'right' {
  return ['text', 'date', 'flag', 'series'].includes(column.kind) ? 'left' : 'right';
}

function textOf(value: ReportCell): string | null {
  return value === null || typeof value === 'object' ? null : String(value);
}
