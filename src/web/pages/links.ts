import type { Frame } from './frame.ts';
import { PAGES, type PageName } from './pageNames.ts';

/** The parameters that a link from one page to another carries along: the period and the filters. */
export const CARRIED = [
  'period',
  'from',
  'to',
  'month-start',
  'account',
  'category',
  'merchant',
  'channel',
  'city',
  'currency',
  'min',
  'max',
  'income',
  'spending',
  'with-transfers',
  'locale',
  'private',
] as const;

/** Stands for parameters that are amounts while those are hidden: `sealed=min.0aF…`. */
export const SEALED = 'sealed';

/** The parameter that a sealed value is of. */
export function sealedName(value: string): string {
  return value.split('.', 1)[0] ?? '';
}

export type Changes = Readonly<Record<string, string | readonly string[] | null>>;

/** The parameters of a span of days, in place of the page's own. */
export function rangeOf({ from, to }: { readonly from: string | null; readonly to: string | null }): Changes {
  return from === null && to === null ? {} : { period: null, from, to };
}

/** A path of this server, with what it is served under in front. */
export function pathTo(frame: Pick<Frame, 'base'>, path: string): string {
  return frame.base + path;
}

/**
 * The link to a page with the period and filters of this one.
 * @param changes parameters that differ: null leaves one out, a list repeats it
 */
export function linkTo(frame: Pick<Frame, 'base' | 'query'>, page: PageName, changes: Changes = {}): string {
  return pathTo(frame, PAGES[page].path) + search(carried(frame.query), changes);
}

/** This page with other parameters; unlike linkTo it keeps its own (sort, by, depth) too. */
export function linkHere(frame: Pick<Frame, 'base' | 'query' | 'page'>, changes: Changes): string {
  return pathTo(frame, PAGES[frame.page].path) + search(frame.query, changes);
}

/** The period and the filters among the parameters of a page. */
export function carried(query: URLSearchParams): URLSearchParams {
  const names: readonly string[] = CARRIED;
  return new URLSearchParams(
    [...query].filter(([name, value]) => names.includes(name === SEALED ? sealedName(value) : name)),
  );
}

/** `?a=1&b=2`, or nothing, with other parameters. */
export function search(query: URLSearchParams, changes: Changes = {}): string {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    changed.delete(name);
    if (value !== null) for (const each of typeof value === 'string' ? [value] : value) changed.append(name, each);
  }
  const text = changed.toString().replace(/%3A|%2C|%2F/g, decodeURIComponent);
  return text === '' ? '' : `?${text}`;
}
