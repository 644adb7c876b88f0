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
  const typeOf = (name: string): string => columns.find((column) => column.name === name)?.type ?? '';
  const equal = equalSql('amount', typeOf('amount'), 'normalized_amount', typeOf('normalized_amount'));
  if (equal === null || typeOf('currency') !== 'VARCHAR') return null;
  return `SELECT currency FROM ${table}
WHERE amount <> 0 AND normalized_amount IS NOT NULL
GROUP BY currency
HAVING bool_and(${equal}) AND regexp_full_match(currency, '[A-Z]{3}')
ORDER BY currency
LIMIT 2`;
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
