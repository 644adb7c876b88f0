import { isoTimestamp } from '../model/isoTimestamp.ts';
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
  const members = chunk.columns.map((column, index) => {
    const start = head[index] ?? '';
    const value = JSON_VALUE[kinds[index] ?? 'text'];
    return column.map((text) => start + (text === null ? 'null' : value(text)));
  });
  const [first = [], ...others] = members;
  const lines = new Array<string>(chunk.rowCount);
  for (let row = 0; row < chunk.rowCount; row++) {
    let line = first[row] ?? '{';
    for (const column of others) line += column[row];
    lines[row] = `${line}}`;
  }
  return lines;
}

const PLAIN_TIMESTAMP = /^\d{4}-\d\d-\d\d \d/;

const JSON_VALUE: Record<ColumnKind, (text: string) => string> = {
  number: (text) => text,
  boolean: (text) => text,
  float: (text) => (/^-?[NI]/.test(text) ? `"${text}"` : text),
  // Most years have four digits, and slices cost less than isoTimestamp.
  time: (text) => (PLAIN_TIMESTAMP.test(text) ? `"${text.slice(0, 10)}T${text.slice(11)}"` : `"${isoTimestamp(text)}"`),
  // Line breaks between the tokens of stored JSON would break one object a line.
  json: (text) => text.replace(/[\r\n]+/g, ' '),
  text: jsonString,
};
