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
            printable(column.wide ? sentence(text, numbers) : text),
            column.wide ? LONGEST_SENTENCE : LONGEST_NAME,
          );
    }
  }
}

/** Amounts in a sentence of `anomalies` are sizes, as the words around them say: grouped as all amounts are, and without a sign. */
function sentence(text: string, numbers: NumberStyle): string {
  return text.replace(
    /(^up from | times the usual |: (?=[\d.]+ a month since )|(?<= a month since \d{4}-\d\d), )(\d+(?:\.\d+)?)/g,
    (_, words: string, size: string) => words + numbers.money(size),
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
