import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { type ResultTableOptions, tableWriter } from './resultTable.ts';
import type { ResultWriter } from './resultWriter.ts';

/** A table's widths need all its rows at once, so a result without limit is drawn in tables of so many. */
const ROWS_A_TABLE = 10_000;

/** A table of all rows, in bounded memory: a longer result comes as several tables, one below the other. */
export function longTableWriter(options: ResultTableOptions): ResultWriter {
  const table = tableWriter({ ...options, maxRows: Number.POSITIVE_INFINITY });
  let columns: readonly ResultColumn[] = [];
  let drawn = 0;
  let waiting = 0;
  return {
    open: table.open,
    begin(newColumns) {
      columns = newColumns;
      drawn = 0;
      waiting = 0;
      return table.begin(newColumns);
    },
    rows(chunk: RowChunk) {
      let text = '';
      if (waiting + chunk.rowCount > ROWS_A_TABLE && waiting > 0) {
        text = table.end();
        drawn++;
        waiting = 0;
        // The line that sets results apart is not wanted between the parts of one.
        table.begin(columns);
      }
      waiting += chunk.rowCount;
      return text + table.rows(chunk);
    },
    end: () => (waiting === 0 && drawn > 0 ? '' : table.end()),
    close: table.close,
  };
}
