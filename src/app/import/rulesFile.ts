import fs from 'node:fs';
import path from 'node:path';
import { readTextFile } from '../../files/textFile.ts';
import { parseRules } from '../../ingest/categories/parseRules.ts';
import type { Rule } from '../../ingest/categories/rules.ts';

/** Where the user's rules lie. */
export function rulesPath(home: string): string {
  return path.join(home, 'rules.csv');
}

/**
 * The user's rules, `$FINANCE_DB_HOME/rules.csv`; none where the file is missing.
 * @throws FinanceDbError BAD_INPUT naming file, line, column and value; FILE_UNREADABLE
 */
export async function readRules(home: string): Promise<readonly Rule[]> {
  const file = rulesPath(home);
  if (!fs.existsSync(file)) return [];
  return parseRules(file, await readTextFile(file));
}
