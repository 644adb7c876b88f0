import chalk, { Chalk } from 'chalk';
import { counted } from '../model/counted.ts';
import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { isNumeric, shownCell } from './cells.ts';
import type { ResultWriter } from './resultWriter.ts';
import { hiddenColumns, renderTable, type TableColumn, type TableStyle } from './table.ts';
import { displayWidth } from './width.ts';
import { wrapLine } from './wrap.ts';

export interface ResultTableOptions extends TableStyle {
  /** A longer result shows its first and last rows, half of this each; Infinity shows and keeps all. */
  readonly maxRows: number;
}

/** A cell that may be cut keeps at least this many columns. */
const SMALLEST = 8;
/** Longer ones are no keys but texts. */
const LONGEST_KEY = 40;
/** So many of the columns left out are named. */
const MOST_NAMES = 12;

/**
 * How far a column can be cut. One in which every row has another value is a key: its values must stay apart, so they keep
 * what tells each from its neighbour in the alphabet.
 */
function leastWidth(cells: readonly string[]): number {
  const sorted = [...new Set(cells)].sort();
  if (sorted.length < cells.length || sorted.some((text) => displayWidth(text) > LONGEST_KEY)) return SMALLEST;
  let shared = 0;
  for (let at = 1; at < sorted.length; at++) {
    const [before = '', text = ''] = [sorted[at - 1], sorted[at]];
    let length = 0;
    while (length < text.length && text[length] === before[length]) length++;
    shared = Math.max(shared, length);
  }
  // The character that differs, and the mark of what was cut.
  return Math.max(SMALLEST, shared + 2);
}

/** A table of a result. Widths need all shown rows at once, so only `maxRows` are kept, however long the result is. */
export function tableWriter(options: ResultTableOptions): ResultWriter {
  const headSize = Math.ceil(options.maxRows / 2);
  const tailSize = options.maxRows - headSize;
  const nullCell = options.color ? new Chalk({ level: Math.max(1, chalk.level) as 1 | 2 | 3 }).dim('NULL') : 'NULL';
  let columns: readonly ResultColumn[] = [];
  let head: string[][] = [];
  let tail: string[][] = [];
  let rowCount = 0;
  let results = 0;

  const cellsOf = (chunk: RowChunk, row: number): string[] =>
    columns.map((column, index) => {
      const text = chunk.columns[index]?.[row] ?? null;
      return text === null ? nullCell : shownCell(text, column.kind);
    });

  return {
    open: () => '',
    begin(newColumns) {
      columns = newColumns;
      head = [];
      tail = [];
      rowCount = 0;
      return results++ === 0 ? '' : '\n';
    },
    rows(chunk) {
      rowCount += chunk.rowCount;
      let row = 0;
      while (row < chunk.rowCount && head.length < headSize) head.push(cellsOf(chunk, row++));
      // Of the rest of this chunk only the last `tailSize` rows can remain.
      for (row = Math.max(row, chunk.rowCount - tailSize); row < chunk.rowCount; row++) tail.push(cellsOf(chunk, row));
      if (tail.length > tailSize) tail = tail.slice(tail.length - tailSize);
      return '';
    },
    end() {
      const titles: TableColumn[] = columns.map((column, index) => ({
        title: shownCell(column.name, 'json'),
        align: isNumeric(column.kind) ? 'right' : 'left',
        shrink: column.kind === 'text' || column.kind === 'json',
        least: leastWidth([...head, ...tail].map((row) => row[index] ?? '')),
      }));
      const omitted = rowCount - head.length - tail.length;
      const gap = omitted > 0 ? [columns.map(() => (options.ascii ? ':' : '⋮'))] : [];
      const rows = [...head, ...gap, ...tail];
      const table = renderTable(titles, rows, options);
      const notes: string[] = [];
      if (omitted > 0) notes.push(`${counted(omitted, 'row')} in the middle not shown (--max-rows 0 shows all)`);
      const hidden = hiddenColumns(titles, rows, options.width);
      if (hidden.length > 0) {
        const names = hidden.slice(0, MOST_NAMES).map((index) => titles[index]?.title ?? '');
        const more = hidden.length > MOST_NAMES ? ' …' : '';
        const note = `${counted(hidden.length, 'column')} of ${columns.length} not shown: ${names.join(', ')}${more} (a wider terminal, or --format csv)`;
        notes.push(...wrapLine(note, options.width, 2));
      }
      return `${[table, ...notes].join('\n')}\n`;
    },
    close: () => '',
  };
}
