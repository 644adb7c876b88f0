import { counted } from '../model/counted.ts';
import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { shownCell } from './cells.ts';
import { asciiDrawings } from './locale.ts';
import { printable } from './printable.ts';
import type { ResultTableOptions } from './resultTable.ts';
import type { ResultWriter } from './resultWriter.ts';
import { displayWidth, pad } from './width.ts';

const RULE = 40;

/** Each row as a block of lines, one a column: for rows that are wider than any screen. */
export function recordsWriter({ ascii, maxRows }: Pick<ResultTableOptions, 'ascii' | 'maxRows'>): ResultWriter {
  let columns: readonly ResultColumn[] = [];
  let names: readonly string[] = [];
  let rowCount = 0;
  let results = 0;
  const draw = ascii ? asciiDrawings : (text: string): string => text;
  return {
    open: () => '',
    begin(newColumns) {
      columns = newColumns;
      const titles = columns.map(({ name }) => printable(name));
      const width = Math.max(0, ...titles.map(displayWidth));
      names = titles.map((title) => pad(title, width) + draw(' │ '));
      rowCount = 0;
      return results++ === 0 ? '' : '\n';
    },
    rows(chunk: RowChunk) {
      let text = '';
      for (let row = 0; row < chunk.rowCount; row++) {
        if (++rowCount > maxRows) continue;
        text += `${draw(`─[ ${rowCount} ]`.padEnd(RULE, '─'))}\n`;
        names.forEach((name, index) => {
          text += `${name}${shownCell(chunk.columns[index]?.[row] ?? null, columns[index]?.kind)}\n`;
        });
      }
      return text;
    },
    end() {
      const omitted = rowCount - maxRows;
      return omitted > 0 ? `${counted(omitted, 'more row')} not shown\n` : '';
    },
    close: () => '',
  };
}
