import type { ColumnKind, ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { jsonString } from './json.ts';
import type { ResultWriter } from './resultWriter.ts';

/**
 * One JSON document: an array of row objects, or, with several results, an array of such arrays. Numbers keep all
 * their digits; NaN and infinities are strings; times are ISO text.
 */
export function jsonWriter(severalResults: boolean): ResultWriter {
  let head: readonly string[] = [];
  let kinds: readonly ColumnKind[] = [];
  let results = 0;
  let rowsSoFar = 0;
  return {
    open: () => (severalResults ? '[' : ''),
    begin(columns) {
      head = objectHeads(columns);
      kinds = columns.map((column) => column.kind);
      rowsSoFar = 0;
      return `${results++ === 0 ? '' : ',\n'}[`;
    },
    rows(chunk) {
      if (chunk.rowCount === 0) return '';
      const text = rowObjects(chunk, head, kinds).join(',\n');
      const lead = rowsSoFar === 0 ? '\n' : ',\n';
      rowsSoFar += chunk.rowCount;
      return lead + text;
    },
    end: () => (rowsSoFar === 0 ? ']' : '\n]'),
    // SQL that returned nothing at all is still one JSON document.
    close: () => (severalResults ? ']\n' : results === 0 ? '[]\n' : '\n'),
  };
}

/** One JSON object a line; the rows of several results follow each other. */
export function jsonLinesWriter(): ResultWriter {
  let head: readonly string[] = [];
  let kinds: readonly ColumnKind[] = [];
  return {
    open: () => '',
    begin(columns) {
      head = objectHeads(columns);
      kinds = columns.map((column) => column.kind);
      return '';
    },
    rows: (chunk) => (chunk.rowCount === 0 ? '' : `${rowObjects(chunk, head, kinds).join('\n')}\n`),
    end: () => '',
    close: () => '',
  };
}

/** What comes before each value: `{"a":`, then `,"b":`. A name that comes again gets `:1`, `:2`, so that none is lost. */
function objectHeads(columns: readonly ResultColumn[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }, index) => {
    let unique = name;
    for (let again = 1; taken.has(unique); again++) unique = `${name}:${again}`;
    taken.add(unique);
    return `${index === 0 ? '{' : ','}${jsonString(unique)}:`;
  });
}

function rowObjects(chunk: RowChunk, head: readonly string[], kinds: readonly ColumnKind[]): string[] {
  const values = chunk.columns.map((column, index) => column.map(JSON_VALUE[kinds[index] ?? 'text']));
  const lines = new Array<string>(chunk.rowCount);
  for (let row = 0; row < chunk.rowCount; row++) {
    let line = '';
    for (let column = 0; column < values.length; column++) line += `${head[column]}${values[column]?.[row]}`;
    lines[row] = `${line}}`;
  }
  return lines;
}

const JSON_VALUE: Record<ColumnKind, (text: string | null) => string> = {
  number: (text) => text ?? 'null',
  boolean: (text) => text ?? 'null',
  float: (text) => (text === null ? 'null' : /^[NI-]*[NI]/.test(text) ? `"${text}"` : text),
  // 2024-03-01 10:00:00 becomes ISO 8601's 2024-03-01T10:00:00; dates, clock times, infinities and years BC stay.
  time: (text) => (text === null ? 'null' : `"${/^[-\d]+ \d/.test(text) ? text.replace(' ', 'T') : text}"`),
  // Line breaks between the tokens of stored JSON would break one object a line.
  json: (text) => (text === null ? 'null' : text.replace(/[\r\n]+/g, ' ')),
  text: (text) => (text === null ? 'null' : jsonString(text)),
};
