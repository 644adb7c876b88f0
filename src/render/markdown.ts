import type { ColumnKind } from '../model/resultColumn.ts';
import { isNumeric, shownCell } from './cells.ts';
import { printable } from './printable.ts';
import type { ResultWriter } from './resultWriter.ts';

/** A Markdown table (GitHub's); several results are separated by an empty line. Columns are not padded: rows stream. */
export function markdownWriter(): ResultWriter {
  let kinds: readonly ColumnKind[] = [];
  let results = 0;
  return {
    open: () => '',
    begin(columns) {
      kinds = columns.map((column) => column.kind);
      const titles = columns.map((column) => escapeCell(printable(column.name))).join(' | ');
      const rules = columns.map((column) => (isNumeric(column.kind) ? '---:' : '---')).join(' | ');
      return `${results++ === 0 ? '' : '\n'}| ${titles} |\n| ${rules} |\n`;
    },
    rows(chunk) {
      let text = '';
      for (let row = 0; row < chunk.rowCount; row++) {
        const cells = chunk.columns.map((column, index) => escapeCell(shownCell(column[row] ?? null, kinds[index])));
        text += `| ${cells.join(' | ')} |\n`;
      }
      return text;
    },
    end: () => '',
    close: () => '',
  };
}

function escapeCell(text: string): string {
  // An underscore within a word is harmless, and common in names of columns.
  return text.replace(/[\\|<*`[\]]|\b_|_\b/g, '\\$&');
}
