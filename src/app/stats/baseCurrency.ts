import { baseCurrencyDoubt, DEFAULT_BASE_CURRENCY, evidenceOf, takenOverSql } from '../../analytics/baseCurrency.ts';
import type { StoredColumn } from '../../analytics/source.ts';
import { storedBaseCurrency } from '../../duckdb/baseCurrencyState.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { STATE_SCHEMA } from '../../model/tableName.ts';

/** What sums are labelled with. */
export interface BaseCurrencyLabel {
  readonly currency: string;
  /** Why it may be another, in one line. */
  readonly doubt: string | null;
}

/**
 * The currency of the file's sums: the file knows it, so a reader's setting can only agree.
 * @param setting FINANCE_DB_BASE_CURRENCY where it is set
 * @param table quoted, schema-qualified name in DuckDB
 * @throws FinanceDbError CONFIG when the setting says another currency than the file
 */
export async function readBaseCurrency(
  reader: DuckDbReader,
  setting: string | null,
  table: string,
  columns: readonly StoredColumn[],
): Promise<BaseCurrencyLabel> {
  const stored = storedBaseCurrency(await readAbout(reader));
  if (stored !== null && setting !== null && setting !== stored.currency)
    throw new FinanceDbError(
      'CONFIG',
      `the sums of this file are in ${stored.currency}, and FINANCE_DB_BASE_CURRENCY says ${setting}`,
      {
        remedy: `unset it to read this file; if they really are in ${setting}, run \`finance-db sync\` with the setting, which labels them anew`,
        details: { file: stored.currency, setting },
      },
    );
  const sql = takenOverSql(table, columns);
  // Written down by every sync since it matters; another file is asked itself.
  const evidence =
    stored?.from != null
      ? stored.evidence
      : sql === null
        ? []
        : evidenceOf(await reader.all<{ currency: string }>(sql));
  const currency = stored?.currency ?? setting ?? evidence[0] ?? DEFAULT_BASE_CURRENCY;
  return { currency, doubt: baseCurrencyDoubt(currency, evidence) };
}

async function readAbout(reader: DuckDbReader): Promise<(name: string) => string | undefined> {
  try {
    const rows = await reader.all<{ name: string; value: string }>(`SELECT name, value FROM ${STATE_SCHEMA}.about`);
    return (name) => rows.find((row) => row.name === name)?.value;
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    // A DuckDB file that the tool did not write.
    return () => undefined;
  }
}
