import {
  type BaseCurrency,
  baseCurrencyDoubt,
  decideBaseCurrency,
  type Evidence,
  evidenceOf,
  takenOverSql,
} from '../../analytics/baseCurrency.ts';
import type { StoredColumn } from '../../analytics/source.ts';
import type { Config } from '../../config/config.ts';
import { rememberBaseCurrencySql, type StoredBaseCurrency } from '../../duckdb/baseCurrencyState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { duckdbSchema, duckdbTable } from '../../model/tableName.ts';

/** Whether a sync has to write the currency down although nothing else changed. */
export function needsLabel(config: Config, stored: StoredBaseCurrency | null): boolean {
  return stored?.from == null || (config.baseCurrencyIsSet && config.baseCurrency !== stored.currency);
}

/**
 * Writes down in which currency the normalized amounts are: what the setting says, else what the rows say.
 * @param stored what the file said before
 * @returns what somebody should know: a new label on old amounts, or rows that speak against the setting
 */
export async function labelSums(
  copy: WorkingCopy,
  config: Config,
  stored: StoredBaseCurrency | null,
): Promise<string[]> {
  const evidence = await readEvidence(copy, config);
  const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
  const decided = decideBaseCurrency(setting, recordedOf(stored), evidence);
  await copy.run(rememberBaseCurrencySql({ ...decided, evidence }));
  const warnings: string[] = [];
  if (stored !== null && stored.currency !== decided.currency)
    warnings.push(
      `sums are labelled ${decided.currency} from now on, and were labelled ${stored.currency}; the amounts themselves are PostgreSQL's`,
    );
  const doubt = baseCurrencyDoubt(decided.currency, evidence);
  return doubt === null ? warnings : [...warnings, doubt];
}

/** A version that did not tell a setting from the default had a setting if it says anything else. */
function recordedOf(stored: StoredBaseCurrency | null): BaseCurrency | null {
  if (stored === null) return null;
  return { currency: stored.currency, from: stored.from ?? (stored.currency === 'USD' ? 'default' : 'setting') };
}

async function readEvidence(copy: WorkingCopy, { tables }: Config): Promise<Evidence> {
  const table = tables.find(({ name }) => name === 'transactions') ?? tables[0];
  if (table === undefined) return [];
  const columns = await copy.all<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(duckdbSchema(table))} AND table_name = ${quoteLiteral(table.name)}`,
  );
  const sql = takenOverSql(duckdbTable(table), columns satisfies StoredColumn[]);
  return sql === null ? [] : evidenceOf(await copy.all<{ currency: string }>(sql));
}
