import { type Filters, sameText } from './filters.ts';
import type { StatsRequest } from './request.ts';

/** A name that a filter asks for as a whole. */
export interface FilterName {
  readonly flag: string;
  /** What such a name is called, with its article. */
  readonly noun: string;
  readonly column: string;
  readonly name: string;
  /** The category of a subcategory. */
  readonly within: string | null;
}

/** The names that the filters ask for, each of which may be misspelt; `none` and parts of names are no such. */
export function filterNames(filters: Filters): FilterName[] {
  const one = (flag: string, noun: string, column: string, name: string | null): FilterName[] =>
    name === null ? [] : [{ flag, noun, column, name, within: null }];
  return [
    ...filters.accounts.flatMap((name) => one('--account', 'account', 'account_id', name)),
    ...filters.categories.flatMap(categoryNames),
    ...one('--channel', 'channel', 'channel', filters.channel),
    ...one('--city', 'city', 'city', filters.city),
    ...one('--currency', 'currency', 'currency', filters.currency),
  ];
}

function categoryNames(text: string): FilterName[] {
  if (/^(none|uncategori[sz]ed)$/i.test(text)) return [];
  const colon = text.indexOf(':');
  const [category, subcategory] = colon === -1 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
  const name = { flag: '--category', noun: 'category', column: 'category', name: category.trim(), within: null };
  if (subcategory === null) return [name];
  const sub = {
    ...name,
    noun: 'subcategory',
    column: 'subcategory',
    name: subcategory.trim(),
    within: category.trim(),
  };
  return [name, sub];
}

/** A row when some row of the file has the name, in whatever period. */
export function hasNameSql({ source }: StatsRequest, { column, name, within }: FilterName): string {
  const inside = within === null ? '' : ` AND ${sameText('category', within)}`;
  return `SELECT 1 AS found FROM ${source.whole} WHERE ${sameText(column, name)}${inside} LIMIT 1`;
}

/** All names that could have been meant. */
export function namesSql({ source }: StatsRequest, { column, within }: FilterName): string {
  const inside = within === null ? '' : ` AND ${sameText('category', within)}`;
  return `SELECT DISTINCT ${column} AS name FROM ${source.whole} WHERE ${column} IS NOT NULL${inside} ORDER BY name LIMIT 10000`;
}
