import { quoteIdentifier, quoteLiteral } from '../model/identifier.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';

/**
 * What stands for NULL: a backspace. A text that is one comes escaped, as `\b`, so that it cannot be mistaken; and other than
 * with the usual `\N`, a stream without a backslash has no escapes, which saves looking for them in every value.
 */
const NULL_MARK = '\b';

/** COPY's statement for a query, in the form that `readCopyText` reads. */
export function copyStatement(query: string): string {
  return `COPY (${query}) TO STDOUT (NULL '${NULL_MARK}')`;
}

/**
 * SQL that undoes the escapes of COPY's text format (PostgreSQL manual, COPY, "Text Format"): \\ \b \f \n \r \t \v.
 *
 * Why a chain of replacements is exact here: every backslash of the format begins an escape of two characters, so pairs of
 * backslashes are found in step with the escapes when read from the left; they become a NUL, which no PostgreSQL text can
 * hold, so that none of the later replacements can mistake them; at last the NULs become single backslashes.
 */
export function unescapeCopyText(text: string): string {
  const steps: readonly [string, string][] = [
    ["'\\\\'", 'chr(0)'],
    ["'\\n'", 'chr(10)'],
    ["'\\t'", 'chr(9)'],
    ["'\\r'", 'chr(13)'],
    ["'\\b'", 'chr(8)'],
    ["'\\f'", 'chr(12)'],
    ["'\\v'", 'chr(11)'],
    ['chr(0)', "'\\'"],
  ];
  const undone = steps.reduce((sql, [from, to]) => `replace(${sql}, ${from}, ${to})`, text);
  return `CASE WHEN contains(${text}, '\\') THEN ${undone} ELSE ${text} END`;
}

/**
 * SQL of one column's value, from the column of the file that holds its text.
 * @param escapes whether the file has escapes at all
 */
export function columnValue(mapping: ColumnMapping, index: number, escapes: boolean): string {
  const text = fileColumn(index);
  return mapping.fromText(escapes && mapping.mayBeEscaped ? `(${unescapeCopyText(text)})` : text);
}

/** The name of a column of the file. */
export function fileColumn(index: number): string {
  return quoteIdentifier(`c${index}`);
}

/** DuckDB's parallel reader refuses some files with longer rows ("does not support a full read on this file"). */
const LONG_ROW = 1 << 20;

/**
 * The table function that reads files of COPY's text format: all columns as text, which costs no more than typed ones
 * (measured) and leaves every conversion to our own expressions.
 * @param columns how many columns the files have
 * @param longestRow bytes of the longest row; DuckDB refuses longer lines than it is told
 */
export function readCopyText(paths: readonly string[], columns: number, longestRow: number): string {
  const names = Array.from({ length: columns }, (_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const longest = Math.max(1 << 20, longestRow + 1024);
  return [
    `read_csv([${paths.map(quoteLiteral).join(', ')}]`,
    `auto_detect=false, header=false, delim='\t', quote='', escape='', comment='', nullstr='${NULL_MARK}', new_line='\\n'`,
    `strict_mode=true, null_padding=false, ignore_errors=false`,
    `parallel=${longestRow < LONG_ROW}, max_line_size=${longest}, buffer_size=${Math.max(8 << 20, longest * 2)}, columns={${names}})`,
  ].join(', ');
}
