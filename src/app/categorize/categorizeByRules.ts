import type { Config } from '../../config/config.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { firstRule, type Rule } from '../../ingest/categories/rules.ts';
import { IMPORT_ROWS } from '../../model/importTables.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import {
  applyRefiled,
  createRefiled,
  type RefilableRow,
  type Refiling,
  refilableRows,
  stageRefiled,
} from '../../postgres/imports/refile.ts';
import { categorizeNeeds, requireRights } from '../../postgres/imports/rights.ts';
import { hasSideTable } from '../../postgres/imports/sideTables.ts';
import { beginImport } from '../../postgres/imports/transaction.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { ensureTransactions } from '../../postgres/transactionsTable.ts';
import { readRules, rulesPath } from '../import/rulesFile.ts';
import { initTable } from '../init.ts';

export interface CategorizeRequest {
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly onWait?: (holder: string) => void;
  /** Told how many rows were looked at so far. */
  readonly onRows?: (rows: number) => void;
}

/** A row that changes, as it was and as it becomes. */
export interface RefiledExample extends RefilableRow {
  readonly rule: number;
  readonly newMerchant: string | null;
  readonly newCategory: string | null;
  readonly newSubcategory: string | null;
}

export interface CategorizeResult {
  readonly dryRun: boolean;
  readonly table: string;
  readonly rulesFile: string;
  readonly rules: number;
  /** Rows that rules may file, those that a rule matches, and those that change by it. */
  readonly rows: number;
  readonly matched: number;
  readonly changed: number;
  /** Changed rows by the line of their rule, in the order of the file. */
  readonly byRule: readonly { readonly line: number; readonly rows: number }[];
  readonly examples: readonly RefiledExample[];
  readonly seconds: number;
}

const MOST_EXAMPLES = 10;

/**
 * Files the rows that are there by the user's rules, in one PostgreSQL transaction; rows whose category a person has chosen stay.
 * @throws FinanceDbError USAGE when there are no rules; BAD_INPUT naming what is wrong with them; the PG_ family
 */
export async function categorizeByRules(request: CategorizeRequest): Promise<CategorizeResult> {
  const { config, signal, dryRun } = request;
  const started = performance.now();
  const rulesFile = rulesPath(config.home);
  const rules = await readRules(config.home);
  if (rules.length === 0)
    throw new FinanceDbError('USAGE', `there are no rules in ${rulesFile}`, {
      remedy: 'write some: docs/import.md shows how',
    });
  const table = initTable(config);
  return withPostgres({ target: config.postgres, now: request.now(), signal }, async (server) => {
    const session = await server.connect();
    try {
      await requireRights(session, categorizeNeeds(table));
      await beginImport(session, config.lockWaitMs, request.onWait);
      await ensureTransactions(session, table);
      const recorded = await hasSideTable(session, table, IMPORT_ROWS);
      const found = await refile(session, table, recorded, rules, request);
      if (!dryRun) await applyRefiled(session, table, recorded);
      await session.query(dryRun ? 'ROLLBACK' : 'COMMIT');
      const seconds = Math.round(performance.now() - started) / 1000;
      return { dryRun, table: displayName(table), rulesFile, rules: rules.length, ...found, seconds };
    } catch (error) {
      signal.throwIfAborted();
      await session.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

type Found = Pick<CategorizeResult, 'rows' | 'matched' | 'changed' | 'byRule' | 'examples'>;

/** Asks the rules about each row, page by page, and stages what they decide. */
async function refile(
  session: PgSession,
  table: TableName,
  recorded: boolean,
  rules: readonly Rule[],
  request: CategorizeRequest,
): Promise<Found> {
  const byRule = new Map(rules.map(({ line }) => [line, 0]));
  const examples: RefiledExample[] = [];
  let rows = 0;
  let matched = 0;
  let changed = 0;
  await createRefiled(session);
  for await (const page of refilableRows(session, table, recorded)) {
    request.signal.throwIfAborted();
    const staged: Refiling[] = [];
    for (const row of page) {
      const rule = firstRule(rules, row);
      if (rule === null) continue;
      const { merchant, category, subcategory } = rule;
      staged.push({ txId: row.txId, merchant, category, subcategory });
      const example = after(row, rule);
      if (!changes(example)) continue;
      changed++;
      byRule.set(rule.line, (byRule.get(rule.line) ?? 0) + 1);
      if (examples.length < MOST_EXAMPLES) examples.push(example);
    }
    rows += page.length;
    matched += staged.length;
    if (staged.length > 0) await stageRefiled(session, staged);
    request.onRows?.(rows);
  }
  return { rows, matched, changed, byRule: [...byRule].map(([line, count]) => ({ line, rows: count })), examples };
}

function after(row: RefilableRow, rule: Rule): RefiledExample {
  return {
    ...row,
    rule: rule.line,
    newMerchant: rule.merchant ?? row.merchant,
    newCategory: rule.category ?? row.category,
    newSubcategory: rule.category === null ? row.subcategory : rule.subcategory,
  };
}

function changes(row: RefiledExample): boolean {
  return row.newMerchant !== row.merchant || row.newCategory !== row.category || row.newSubcategory !== row.subcategory;
}
