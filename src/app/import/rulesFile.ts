import type { Rule } from '../../ingest/categories/rules.ts';

/** The user's rules, `$FINANCE_DB_HOME/rules.csv`; none where the file is missing. */
export async function readRules(_home: string): Promise<readonly Rule[]> {
  return [];
}
