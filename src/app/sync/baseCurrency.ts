import {
  type BaseCurrency,
  baseCurrencyDoubt,
  type Currencies,
  currenciesSql,
  decideBaseCurrency,
  evidenceIn,
  witnessesSql,
} from '../../analytics/baseCurrency.ts';
import type { StoredColumn } from '../../analytics/source.ts';
import type { Config } from '../../config/config.ts';
import { rememberBaseCurrencySql, type StoredBaseCurrency } from '../../duckdb/baseCurrencyState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';

/** Whether a sync has to write the currency down although nothing else changed. */
export function needsLabel(config: Config, stored: StoredBaseCurrency | null): boolean {
  return stored?.from == null || (config.baseCurrencyIsSet && config.baseCurrency !== stored.currency);
}

/** What a sync did to the table whose rows say in which currency amounts are. */
export interface Relabelled {
  readonly tableOid: string;
  /** The snapshot that the file had it in, and the one that it is in now, as PostgreSQL wrote them. */
  readonly before: string | null;
  readonly now: string;
  /** Its columns; null where nobody has just read them. */
  readonly columns: readonly StoredColumn[] | null;
  /** Whether a row came or went. */
  readonly touched: boolean;
  /** What the rows that came say; null when all rows have to be asked. */
  readonly arrived: Currencies | null;
}

/**
 * Writes down in which currency the normalized amounts are: what the setting says, else what the rows say.
 * @param stored what the file said before
 * @param change what was done to the table of these amounts; null where that is not known
 * @returns what somebody should know: a new label on old amounts, or rows that speak against the setting
 */
export async function labelSums(
  copy: WorkingCopy,
  config: Config,
  stored: StoredBaseCurrency | null,
  change: Relabelled | null,
): Promise<string[]> {
  const currencies = await currenciesNow(copy, config, stored, change);
  const evidence = evidenceIn(currencies);
  const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
  const decided = decideBaseCurrency(setting, recordedOf(stored), evidence);
  const known =
    change === null || currencies.size > MOST_CURRENCIES
      ? null
      : { tableOid: change.tableOid, snapshot: change.now, currencies };
  await copy.run(rememberBaseCurrencySql({ ...decided, evidence, known }));
  const warnings: string[] = [];
  if (stored !== null && stored.currency !== decided.currency)
    warnings.push(
      `sums are labelled ${decided.currency} from now on, and were labelled ${stored.currency}; the amounts themselves are PostgreSQL's`,
    );
  const doubt = baseCurrencyDoubt(decided.currency, evidence);
  return doubt === null ? warnings : [...warnings, doubt];
}

/** More than the world has are texts that only look like currencies. */
const MOST_CURRENCIES = 200;

/** A version that did not tell a setting from the default had a setting if it says anything else. */
function recordedOf(stored: StoredBaseCurrency | null): BaseCurrency | null {
  if (stored === null) return null;
  return { currency: stored.currency, from: stored.from ?? (stored.currency === 'USD' ? 'default' : 'setting') };
}

/** The table of the amounts that the label is about. */
export function labelledTable({ tables }: Pick<Config, 'tables'>): TableName | null {
  return tables.find(({ name }) => name === 'transactions') ?? tables[0] ?? null;
}

/** What the rows say: what was known of them and what came, where a look at a few is enough; else all of them are read. */
async function currenciesNow(
  copy: WorkingCopy,
  config: Config,
  stored: StoredBaseCurrency | null,
  change: Relabelled | null,
): Promise<Currencies> {
  const table = labelledTable(config);
  if (table === null) return new Map();
  const known = stored?.known ?? null;
  const isKnown = known !== null && change?.tableOid === known.tableOid && change.before === known.snapshot;
  if (isKnown && change !== null && !change.touched) return known.currencies;
  const columns = change?.columns ?? (await columnsOf(copy, table));
  const from = duckdbTable(table);
  const arrived = change?.arrived ?? null;
  if (isKnown && arrived !== null) return stillTrue(copy, from, columns, together(known.currencies, arrived));
  return (await readCurrencies(copy, from, columns)) ?? new Map();
}

async function columnsOf(copy: WorkingCopy, table: TableName): Promise<readonly StoredColumn[]> {
  return copy.all<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(duckdbSchema(table))} AND table_name = ${quoteLiteral(table.name)}`,
  );
}

/** Reads what the rows of a table say; null where nothing can be told. */
export async function readCurrencies(
  copy: WorkingCopy,
  from: string,
  columns: readonly StoredColumn[],
): Promise<Currencies | null> {
  const sql = currenciesSql(from, columns);
  if (sql === null) return null;
  const rows = await copy.all<{ currency: string; taken_over: boolean }>(sql);
  return new Map(rows.map((row) => [row.currency, row.taken_over]));
}

/** What some rows say, and others beside them. */
function together(some: Currencies, others: Currencies): Currencies {
  const all = new Map(some);
  for (const [currency, isTakenOver] of others) all.set(currency, isTakenOver && (some.get(currency) ?? true));
  return all;
}

/** What is said holds where a row is left that shows it; where none is, rows that are gone had said it, and all are asked. */
async function stillTrue(
  copy: WorkingCopy,
  from: string,
  columns: readonly StoredColumn[],
  currencies: Currencies,
): Promise<Currencies> {
  const sql = currencies.size === 0 ? null : witnessesSql(from, columns, currencies);
  if (sql === null) return currencies;
  const [witnesses] = await copy.all<Record<string, boolean | null>>(sql);
  const isShown = [...currencies.keys()].every((currency) => witnesses?.[currency] === true);
  return isShown ? currencies : ((await readCurrencies(copy, from, columns)) ?? new Map());
}
