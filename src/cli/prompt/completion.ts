import type { DuckDbReader } from '../../duckdb/reader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { printable } from '../../render/printable.ts';

/** What can be completed: names of the file and words of SQL. */
export interface Vocabulary {
  readonly tables: readonly string[];
  /** Columns by table, as written in SQL. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  readonly keywords: readonly string[];
  readonly functions: readonly string[];
  /** Backslash commands. */
  readonly commands: readonly string[];
}

/** Reads the names of the file. */
export async function readVocabulary(reader: DuckDbReader, commands: readonly string[]): Promise<Vocabulary> {
  const rows = await reader.all<{ schema_name: string; table_name: string; column_name: string }>(
    `SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL`,
  );
  const columns = new Map<string, string[]>();
  for (const { schema_name: schema, table_name: table, column_name: column } of rows) {
    // Readline would print them as they are.
    if ([schema, table, column].some((name) => printable(name) !== name)) continue;
    const name = schema === 'main' ? sqlName(table) : `${sqlName(schema)}.${sqlName(table)}`;
    columns.set(name, [...(columns.get(name) ?? []), sqlName(column)]);
  }
  const keywords = await reader.all<{ word: string }>('SELECT upper(keyword_name) AS word FROM duckdb_keywords()');
  const functions = await reader.all<{ word: string }>(
    `SELECT DISTINCT function_name AS word FROM duckdb_functions() WHERE regexp_matches(function_name, '^[a-z][a-z_0-9]*$')`,
  );
  return {
    tables: [...columns.keys()],
    columns,
    keywords: keywords.map(({ word }) => word),
    functions: functions.map(({ word }) => word),
    commands,
  };
}

/** Where a table is to be named. */
const AFTER_FROM = /\b(?:from|join|into|table|describe|summarize)\s+(?:[\w".]+(?:\s+as)?(?:\s+\w+)?\s*,\s*)*$/i;

/**
 * Completes the word before the cursor, as readline's completer: names first, then keywords (in the case of what was
 * typed), then functions. After `table.` only its columns, after FROM and the like tables alone if any fits.
 * @returns the candidates and the part of the line that they replace
 */
export function complete(vocabulary: Vocabulary, line: string): [string[], string] {
  const command = /^\s*(\\\w*)$/.exec(line)?.[1];
  if (command !== undefined) return [vocabulary.commands.filter((name) => name.startsWith(command)), command];
  const word = /(?:"[^"]*"?|[\w$.])*$/.exec(line)?.[0] ?? '';
  const dot = word.lastIndexOf('.');
  if (dot >= 0) {
    const table = word.slice(0, dot);
    const columns = [...vocabulary.columns].find(([name]) => sameWord(name, table))?.[1] ?? [];
    const qualified = [...columns.map((column) => `${table}.${column}`), ...vocabulary.tables];
    return [startingWith(qualified, word), word];
  }
  if (word === '') return [[], ''];
  const tables = AFTER_FROM.test(line.slice(0, line.length - word.length)) ? startingWith(vocabulary.tables, word) : [];
  if (tables.length > 0) return [tables, word];
  const names = [...vocabulary.tables, ...new Set([...vocabulary.columns.values()].flat())];
  const lower = word === word.toLowerCase();
  const keywords = startingWith(vocabulary.keywords, word).map((keyword) => (lower ? keyword.toLowerCase() : keyword));
  const found = [...startingWith(names, word), ...keywords];
  return [found.length > 0 ? [...new Set(found)] : startingWith(vocabulary.functions, word), word];
}

function startingWith(words: readonly string[], start: string): string[] {
  const wanted = start.toLowerCase();
  return words.filter((word) => word.toLowerCase().startsWith(wanted));
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Quoted only where SQL needs it. */
function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : quoteIdentifier(name);
}
