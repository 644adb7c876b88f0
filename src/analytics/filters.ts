import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteLiteral } from '../model/identifier.ts';
import { addDaysIso, LAST_DAY, type Period } from '../model/period.ts';
import { incomeCondition, type Vocabulary } from './vocabulary.ts';

/** What narrows a report. Empty lists and nulls do not. */
export interface Filters {
  readonly accounts: readonly string[];
  /** `Food`, or `Food:Restaurants` for a subcategory; `none` for rows without a category. Case does not matter. */
  readonly categories: readonly string[];
  /** Part of the name in any case, or `/regular expression/`. */
  readonly merchant: string | null;
  readonly channel: string | null;
  readonly city: string | null;
  readonly currency: string | null;
  /** Decimal text: the least and the greatest size of an amount, without its sign. */
  readonly min: string | null;
  readonly max: string | null;
  readonly flow: 'income' | 'spending' | null;
}

export const NO_FILTERS: Filters = {
  accounts: [],
  categories: [],
  merchant: null,
  channel: null,
  city: null,
  currency: null,
  min: null,
  max: null,
  flow: null,
};

/**
 * Checks an amount given as a flag and returns it as SQL can read it.
 * @throws FinanceDbError USAGE
 */
export function parseAmount(text: string, flag: string): string {
  const plain = text.trim().replace(/[_ ]|(?<=\d),(?=\d{3}(\D|$))/g, '');
  if (!/^\d{1,13}(\.\d{1,9})?$/.test(plain))
    throw new FinanceDbError('USAGE', `${flag}: expected an amount without sign, found ${JSON.stringify(text)}`, {
      remedy: `give something like ${flag} 250 or ${flag} 19.99`,
    });
  return plain;
}

/**
 * Checks the regular expression of `--merchant /…/` as far as JavaScript can tell; DuckDB (RE2) has the last word.
 * @throws FinanceDbError USAGE
 */
export function checkMerchant(text: string): string {
  const pattern = regularExpression(text);
  try {
    if (pattern !== null) new RegExp(pattern, 'u');
  } catch (error) {
    throw new FinanceDbError('USAGE', `--merchant: not a regular expression: ${text}`, {
      remedy: 'write /…/ for a regular expression, or plain text for a part of the name',
      cause: error,
    });
  }
  return text;
}

/** The conditions on rows, without the period. */
export function filterConditions(filters: Filters, vocabulary: Vocabulary): string[] {
  const conditions: string[] = [];
  if (filters.accounts.length > 0) conditions.push(anyOf(filters.accounts.map((name) => sameText('account_id', name))));
  if (filters.categories.length > 0) conditions.push(anyOf(filters.categories.map(categoryCondition)));
  if (filters.merchant !== null) conditions.push(merchantCondition(filters.merchant));
  if (filters.channel !== null) conditions.push(sameText('channel', filters.channel));
  if (filters.city !== null) conditions.push(sameText('city', filters.city));
  if (filters.currency !== null) conditions.push(sameText('currency', filters.currency));
  if (filters.min !== null) conditions.push(`abs(normalized_amount) >= ${filters.min}`);
  if (filters.max !== null) conditions.push(`abs(normalized_amount) <= ${filters.max}`);
  if (filters.flow !== null) {
    const income = incomeCondition(vocabulary, 'normalized_amount > 0');
    conditions.push(filters.flow === 'income' ? `(${income})` : `(${income}) IS NOT TRUE`);
  }
  return conditions;
}

/**
 * The conditions of a period on `timestamp`.
 * @param margin days to widen it by at both ends
 * @param column the column of moments, where it is not `timestamp` alone
 */
export function periodConditions(period: Period, margin = 0, column = '"timestamp"'): string[] {
  const conditions: string[] = [];
  if (period.from !== null)
    conditions.push(`${column} >= TIMESTAMP ${quoteLiteral(`${addDaysIso(period.from, -margin)} 00:00:00`)}`);
  if (period.to !== null) {
    const last = addDaysIso(period.to, margin);
    // There is no day after the last one that has a name; what lies beyond is in no report.
    conditions.push(
      last === LAST_DAY
        ? `${column} < TIMESTAMP '10000-01-01 00:00:00'`
        : `${column} < TIMESTAMP ${quoteLiteral(`${addDaysIso(last, 1)} 00:00:00`)}`,
    );
  }
  return conditions;
}

/** `WHERE …` of all conditions, or nothing. */
export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join('\n  AND ')}`;
}

/** The columns that the filters look at. */
export function filterColumns(filters: Filters): string[] {
  return [
    ...(filters.accounts.length > 0 ? ['account_id'] : []),
    ...(filters.categories.length > 0 || filters.flow !== null ? ['category'] : []),
    ...(filters.categories.length > 0 ? ['subcategory'] : []),
    ...(filters.merchant === null ? [] : ['merchant']),
    ...(filters.channel === null ? [] : ['channel']),
    ...(filters.city === null ? [] : ['city']),
    ...(filters.currency === null ? [] : ['currency']),
  ];
}

function categoryCondition(text: string): string {
  if (/^(none|uncategori[sz]ed)$/i.test(text))
    return `(category IS NULL OR trim(category) = '' OR lower(category) = ${quoteLiteral(text.toLowerCase())})`;
  const colon = text.indexOf(':');
  if (colon === -1) return sameText('category', text);
  return `(${sameText('category', text.slice(0, colon).trim())} AND ${sameText('subcategory', text.slice(colon + 1).trim())})`;
}

function merchantCondition(text: string): string {
  const pattern = regularExpression(text);
  return pattern === null
    ? `contains(lower(merchant), ${quoteLiteral(text.toLowerCase())})`
    : `regexp_matches(merchant, ${quoteLiteral(pattern)}, 'i')`;
}

function regularExpression(text: string): string | null {
  return text.length > 2 && text.startsWith('/') && text.endsWith('/') ? text.slice(1, -1) : null;
}

export function sameText(column: string, text: string): string {
  return `lower(${column}) = ${quoteLiteral(text.toLowerCase())}`;
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? `${conditions[0]}` : `(${conditions.join(' OR ')})`;
}
