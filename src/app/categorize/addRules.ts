import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { PRIVATE_FILE } from '../../files/privateFile.ts';
import { parseRules, RULE_COLUMNS } from '../../ingest/categories/parseRules.ts';
import { readRules, rulesPath } from '../import/rulesFile.ts';

/** A rule that a person makes of a suggestion. */
export interface NewRule {
  readonly payee: string;
  readonly category: string;
  readonly subcategory: string | null;
}

/**
 * Writes rules behind those that are there; the file is replaced by a rename, and only when it still reads.
 * @throws FinanceDbError BAD_INPUT when the file that is there cannot be read; FILE_UNREADABLE
 */
export async function addRules(home: string, rules: readonly NewRule[]): Promise<string> {
  const file = rulesPath(home);
  if (rules.length === 0) return file;
  await readRules(home);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : `${RULE_COLUMNS.join(',')}\n`;
  const columns = (before.split(/\r?\n/, 1)[0] ?? '')
    .replace(/^\ufeff/, '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const lines = rules.map(({ payee, category, subcategory }) => {
    const values: Record<string, string> = { pattern: payee, category, subcategory: subcategory ?? '' };
    return columns.map((name) => csvField(values[name] ?? '')).join(',');
  });
  const text = `${before}${before.endsWith('\n') ? '' : '\n'}${lines.join('\n')}\n`;
  parseRules(file, text);
  const temporary = path.join(home, `.rules.${process.pid}.csv`);
  try {
    fs.writeFileSync(temporary, text, { mode: PRIVATE_FILE });
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw new FinanceDbError('FILE_UNREADABLE', `${file} cannot be written`, { cause: error });
  }
  return file;
}

function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
