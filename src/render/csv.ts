import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import type { ResultWriter } from './resultWriter.ts';

/**
 * CSV after RFC 4180 (with plain line feeds): NULL is nothing, the empty string is `""`, and a field is quoted when it
 * holds a comma, a quote or a line break. Several results are separated by an empty line.
 */
export function csvWriter(): ResultWriter {
  return separatedWriter(',', csvField, csvField);
}

/**
 * Tab-separated values as PostgreSQL's COPY writes and reads them: NULL is `\N`, the empty string is nothing; tab, line
 * feed, carriage return and backslash are `\t`, `\n`, `\r` and `\\`. A line is always one row.
 */
export function tsvWriter(): ResultWriter {
  return separatedWriter('\t', tsvField, (text) => (text === null ? '' : tsvField(text)));
}

type Field = (text: string | null) => string;

function separatedWriter(separator: string, field: Field, heading: Field): ResultWriter {
  let plain: readonly boolean[] = [];
  let results = 0;
  return {
    open: () => '',
    begin(columns: readonly ResultColumn[]) {
      // Numbers, booleans and times never need quoting, which saves looking at them.
      plain = columns.map(({ kind }) => kind !== 'text' && kind !== 'json');
      const header = columns.map((column) => heading(column.name)).join(separator);
      return `${results++ === 0 ? '' : '\n'}${header}\n`;
    },
    rows(chunk: RowChunk) {
      const nothing = field(null);
      const fields = chunk.columns.map((column, index) =>
        plain[index] ? column.map((text) => text ?? nothing) : column.map(field),
      );
      return joinRows(fields, chunk.rowCount, separator);
    },
    end: () => '',
    close: () => '',
  };
}

/** Lines of the fields, which are given column by column. */
function joinRows(fields: readonly (readonly string[])[], rowCount: number, separator: string): string {
  const lines = new Array<string>(rowCount);
  const [first = []] = fields;
  const others = fields.slice(1);
  for (let row = 0; row < rowCount; row++) {
    let line = first[row] ?? '';
    for (const column of others) line += separator + column[row];
    lines[row] = line;
  }
  return `${lines.join('\n')}\n`;
}

function csvField(text: string | null): string {
  if (text === null) return '';
  if (text === '') return '""';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const TSV_ESCAPES: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

function tsvField(text: string | null): string {
  if (text === null) return '\\N';
  return /[\t\n\r\\]/.test(text) ? text.replace(/[\t\n\r\\]/g, (character) => TSV_ESCAPES[character] ?? '') : text;
}
