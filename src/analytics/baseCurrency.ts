import { quoteIdentifier } from '../model/identifier.ts';
import type { StoredColumn } from './source.ts';

/** In which currency normalized amounts are, and how that is known. */
export interface BaseCurrency {
  readonly currency: string;
  /** `setting`: somebody said so; `data`: the rows say so; `default`: nothing does. */
  readonly from: 'setting' | 'data' | 'default';
}

export const DEFAULT_BASE_CURRENCY = 'USD';

/**
 * SQL of the currencies whose amounts were all taken over as they are, at most two of them: amounts in the base currency need no
 * rate, and those in another have one. Null where the columns are not of types that can be compared exactly.
 * @param table quoted, schema-qualified name in DuckDB
 */
export function takenOverSql(table: string, columns: readonly StoredColumn[]): string | null {
  const sql = currenciesSql(table, columns);
  return sql === null ? null : `SELECT currency FROM (${sql}) WHERE taken_over ORDER BY currency LIMIT 2`;
}

/**
 * SQL of all currencies of rows that tell anything, and whether all amounts of each were taken over: `currency`, `taken_over`.
 * @param where SQL that is true for the rows to be looked at; all of them when left out
 */
export function currenciesSql(table: string, columns: readonly StoredColumn[], where?: string): string | null {
  const equal = takenOver(columns);
  if (equal === null) return null;
  return `SELECT currency, bool_and(${equal}) AS taken_over FROM ${table}
WHERE ${TELLS}${where === undefined ? '' : ` AND ${where}`}
GROUP BY currency HAVING regexp_full_match(currency, '[A-Z]{3}') ORDER BY currency`;
}

/**
 * SQL of one row: of each currency a value that is not NULL when a row of it is left that shows what was known of it. DuckDB ends
 * each search with the first row that it finds.
 * @param currencies three capital letters, and whether all amounts were taken over, which any row shows; else one that was not
 */
export function witnessesSql(table: string, columns: readonly StoredColumn[], currencies: Currencies): string | null {
  const equal = takenOver(columns);
  if (equal === null) return null;
  const searches = [...currencies].map(
    ([currency, isTakenOver]) =>
      `(SELECT true FROM ${table} WHERE currency = '${currency}' AND ${TELLS}${isTakenOver ? '' : ` AND NOT ${equal}`} LIMIT 1) AS ${quoteIdentifier(currency)}`,
  );
  return `SELECT ${searches.join(', ')}`;
}

/** The currencies of rows that tell anything, and whether all amounts of each were taken over as they are. */
export type Currencies = ReadonlyMap<string, boolean>;

const TELLS = 'amount <> 0 AND normalized_amount IS NOT NULL';

/** SQL of whether a row's amount was taken over; null where that cannot be told. */
function takenOver(columns: readonly StoredColumn[]): string | null {
  const typeOf = (name: string): string => columns.find((column) => column.name === name)?.type ?? '';
  return typeOf('currency') === 'VARCHAR'
    ? equalSql('amount', typeOf('amount'), 'normalized_amount', typeOf('normalized_amount'))
    : null;
}

/** The same question as PostgreSQL understands it. @param table quoted, schema-qualified name in PostgreSQL */
export function takenOverSourceSql(
  table: string,
  columns: readonly { readonly name: string; readonly duckdbType: string }[],
): string | null {
  const typeOf = (name: string): string => columns.find((column) => column.name === name)?.duckdbType ?? '';
  const exact = ['amount', 'normalized_amount'].every((name) => scaleOf(typeOf(name)) !== null);
  if (!exact || typeOf('currency') !== 'VARCHAR') return null;
  return `SELECT currency::text AS currency FROM ${table} WHERE amount <> 0 AND normalized_amount IS NOT NULL GROUP BY 1
HAVING bool_and(amount = normalized_amount) AND currency::text COLLATE "C" ~ '^[A-Z]{3}$' ORDER BY currency::text COLLATE "C" LIMIT 2`;
}

/**
 * SQL of whether two columns hold the same number. DuckDB compares decimals in one type of the larger scale, and fails on
 * values with more digits before the point than fit beside it: such a value is no value of the other column, so unequal.
 * @returns null unless both are of exact types
 */
function equalSql(one: string, oneType: string, other: string, otherType: string): string | null {
  const [oneScale, otherScale] = [scaleOf(oneType), scaleOf(otherType)];
  if (oneScale === null || otherScale === null) return null;
  const [coarse, fine, type] = oneScale < otherScale ? [one, other, otherType] : [other, one, oneType];
  return oneScale === otherScale && oneScale === 0
    ? `${one}::HUGEINT = ${other}::HUGEINT`
    : `coalesce(TRY_CAST(${coarse} AS ${type}) = ${fine}, false)`;
}

/** Digits after the point; null for what is no exact number. */
function scaleOf(type: string): number | null {
  const decimal = /^DECIMAL\(\d+,(\d+)\)$/.exec(type);
  if (decimal) return Number(decimal[1]);
  return /^(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type) ? 0 : null;
}

/** The currencies that the rows name by themselves: none, one, or two that cannot both be right. */
export type Evidence = readonly string[];

export function evidenceOf(takenOver: readonly { readonly currency: string }[]): Evidence {
  return takenOver.map(({ currency }) => currency);
}

/** What all currencies of a table say. */
export function evidenceIn(currencies: Currencies): Evidence {
  const names = [...currencies].flatMap(([currency, isTakenOver]) => (isTakenOver ? [currency] : []));
  return names.sort().slice(0, 2);
}

/**
 * What a sync writes down. PostgreSQL holds the amounts, so nothing converts them: a setting only says what they are, and what it
 * said stays until it says something else. Without one the rows decide, and only then the default.
 * @param setting FINANCE_DB_BASE_CURRENCY where it is set
 * @param recorded what the file says so far
 * @param evidence what its rows say now
 */
export function decideBaseCurrency(
  setting: string | null,
  recorded: BaseCurrency | null,
  evidence: Evidence,
): BaseCurrency {
  if (setting !== null) return { currency: setting, from: 'setting' };
  if (recorded?.from === 'setting') return recorded;
  const [only, second] = evidence;
  if (only !== undefined && second === undefined) return { currency: only, from: 'data' };
  return recorded?.from === 'data' ? recorded : { currency: DEFAULT_BASE_CURRENCY, from: 'default' };
}

/** Why the label is doubtful, in one line; null where nothing speaks against it. */
export function baseCurrencyDoubt(currency: string, evidence: Evidence): string | null {
  const [only, second] = evidence;
  if (second !== undefined)
    return `amounts in ${only} and in ${second} were both taken over as they are, so these sums mix currencies: set normalized_amount to NULL in PostgreSQL where it is wrong, and run \`finance-db rates\``;
  if (only === undefined || only === currency) return null;
  return `amounts in ${only} were taken over as they are, so these sums are ${only} rather than ${currency}: sync with FINANCE_DB_BASE_CURRENCY=${only} if so`;
}
