import fs from 'node:fs';
import path from 'node:path';
import { makePrivateFolder } from '../../files/privateFile.ts';

const MOST = 1000;

/** The statements typed at the prompt, newest first, kept across runs in a file that only its owner may read. */
export class PromptHistory {
  private readonly file: string;
  private entries: string[];

  constructor(home: string) {
    this.file = path.join(home, 'query_history');
    this.entries = readLines(this.file);
  }

  /** Newest first, as readline wants it. */
  get newestFirst(): string[] {
    return [...this.entries].reverse();
  }

  /** Keeps a statement as one line; not twice in a row, and not when it begins with a space. */
  add(statement: string): void {
    const line = oneLine(statement);
    if (line === '' || statement.startsWith(' ') || line === this.entries.at(-1)) return;
    this.entries = [...this.entries, line].slice(-MOST);
  }

  /** A history that cannot be kept is no reason to fail. */
  save(): void {
    try {
      makePrivateFolder(path.dirname(this.file));
      fs.writeFileSync(this.file, this.entries.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    } catch {
      // Read-only home: the session itself went well.
    }
  }
}

/** Joins the lines of a statement; those with a `--` comment end it, which would otherwise swallow the rest. */
export function oneLine(statement: string): string {
  return statement
    .split('\n')
    .map((line) => line.trim().replace(/--([^'"]*)$/, '/*$1 */'))
    .filter((line) => line !== '')
    .join(' ');
}

function readLines(file: string): string[] {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-MOST);
  } catch {
    return [];
  }
}
