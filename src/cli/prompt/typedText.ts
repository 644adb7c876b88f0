import { endsOpen, splitStatements } from '../../duckdb/statements.ts';

/** What a line of the prompt came to. */
export type Typed =
  | { readonly kind: 'nothing' }
  /** The statement goes on in the next line. */
  | { readonly kind: 'more' }
  | { readonly kind: 'command'; readonly line: string }
  | { readonly kind: 'statements'; readonly sql: string };

/** What people who come from elsewhere type, and what it is here. */
const WORDS: Readonly<Record<string, string>> = { help: '\\?', '?': '\\?', quit: '\\q', exit: '\\q' };

/** SQLite's and DuckDB's own commands. */
const DOT_COMMANDS: Readonly<Record<string, string>> = {
  tables: '\\d',
  schema: '\\d',
  mode: '\\format',
  read: '\\i',
  output: '\\o',
  timer: '\\timing',
  help: '\\?',
  quit: '\\q',
  exit: '\\q',
};

/** Gathers the lines of a statement until a semicolon ends it. */
export class TypedText {
  private lines = '';

  /** What was typed of the statement so far. */
  get text(): string {
    return this.lines;
  }

  clear(): void {
    this.lines = '';
  }

  /** Takes one line. A command of the prompt may come between the lines of a statement, which it leaves as it is. */
  add(line: string): Typed {
    const command = endsOpen(this.lines) ? null : commandOf(line, this.lines === '');
    if (command !== null) return { kind: 'command', line: command };
    const text = this.lines === '' ? line : `${this.lines}\n${line}`;
    if (endsOpen(text)) {
      this.lines = text;
      return { kind: 'more' };
    }
    const last = splitStatements(text).at(-1);
    this.lines = last === undefined || last.ended ? '' : text;
    if (last === undefined) return { kind: 'nothing' };
    return last.ended ? { kind: 'statements', sql: text } : { kind: 'more' };
  }
}

/** The line as a command of the prompt; null when it is SQL. */
function commandOf(line: string, begins: boolean): string | null {
  const trimmed = line.trim();
  if (trimmed.startsWith('\\')) return trimmed;
  const word = WORDS[trimmed.replace(/\s*;$/, '').toLowerCase()];
  if (word !== undefined) return word;
  const [, name, rest = ''] = (begins ? /^\.([a-z]+)\s*(.*)$/i.exec(trimmed) : null) ?? [];
  return name === undefined ? null : `${DOT_COMMANDS[name.toLowerCase()] ?? `.${name}`} ${rest}`.trim();
}
