import chalk, { Chalk } from 'chalk';
import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { isNumeric, shownCell } from './cells.ts';
import type { ResultWriter } from './resultWriter.ts';
import { hiddenColumns, renderTable, type TableColumn, type TableStyle } from './table.ts';
import { plural } from './width.ts';

export interface ResultTableOptions extends TableStyle {
  /** A longer result shows its first and last rows, half of this each; Infinity shows and keeps all. */
  readonly maxRows: number;
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
      const titles: TableColumn[] = columns.map((column) => ({
        title: shownCell(column.name, 'json'),
        align: isNumeric(column.kind) ? 'right' : 'left',
        shrink: column.kind === 'text' || column.kind === 'json',
      }));
      const omitted = rowCount - head.length - tail.length;
      const gap = omitted > 0 ? [columns.map(() => (options.ascii ? ':' : '⋮'))] : [];
      const rows = [...head, ...gap, ...tail];
      const table = renderTable(titles, rows, options);
      const notes: string[] = [];
      if (omitted > 0) notes.push(`${plural(omitted, 'row')} in the middle not shown (--max-rows 0 shows all)`);
      const hidden = hiddenColumns(titles, rows, options.width);
      if (hidden > 0)
        notes.push(`${plural(hidden, 'column')} of ${columns.length} not shown (a wider terminal, or --format csv)`);
      return `${[table, ...notes].join('\n')}\n`;
    },
    close: () => '',
  };
}
