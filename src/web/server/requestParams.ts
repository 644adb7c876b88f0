import { requireOwnFlags, type StatsFlags } from '../../app/stats/statsFlags.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { nearestName } from '../../model/nearestName.ts';
import type { ReportName } from '../../model/reportNames.ts';

/** How a parameter of an address becomes a flag of `stats`. */
type Kind = 'text' | 'texts' | 'count' | 'switch';

/** The flags of `stats` that may stand in an address, by the same names. */
export const STATS_PARAMS: Readonly<Record<string, { readonly flag: keyof StatsFlags; readonly kind: Kind }>> = {
  period: { flag: 'period', kind: 'text' },
  from: { flag: 'from', kind: 'text' },
  to: { flag: 'to', kind: 'text' },
  'month-start': { flag: 'monthStart', kind: 'count' },
  by: { flag: 'by', kind: 'text' },
  depth: { flag: 'depth', kind: 'text' },
  account: { flag: 'account', kind: 'texts' },
  category: { flag: 'category', kind: 'texts' },
  merchant: { flag: 'merchant', kind: 'text' },
  channel: { flag: 'channel', kind: 'text' },
  city: { flag: 'city', kind: 'text' },
  currency: { flag: 'currency', kind: 'text' },
  min: { flag: 'min', kind: 'text' },
  max: { flag: 'max', kind: 'text' },
  income: { flag: 'income', kind: 'switch' },
  spending: { flag: 'spending', kind: 'switch' },
  'with-transfers': { flag: 'withTransfers', kind: 'switch' },
  sort: { flag: 'sort', kind: 'text' },
  limit: { flag: 'limit', kind: 'count' },
  locale: { flag: 'locale', kind: 'text' },
};

/**
 * The flags of `stats` in an address. An empty value counts as left out, as forms send them.
 * @param others parameters that mean something to the caller and are no flags
 * @throws FinanceDbError USAGE for a name that is none, one that comes twice, and a value that is of another kind
 */
export function statsFlagsOf(query: URLSearchParams, others: readonly string[] = []): StatsFlags {
  const flags: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name).filter((value) => value !== '');
    const known = Object.hasOwn(STATS_PARAMS, name) ? STATS_PARAMS[name] : undefined;
    if (known === undefined) {
      if (!others.includes(name)) throw unknownParameter(name, [...Object.keys(STATS_PARAMS), ...others]);
      continue;
    }
    if (known.kind !== 'texts' && values.length > 1)
      throw new FinanceDbError('USAGE', `${name} is given ${values.length} times`, { remedy: 'give it once' });
    if (known.kind === 'switch') flags[known.flag] = switchOf(name, query.get(name) ?? '');
    else if (values.length > 0) flags[known.flag] = readValue(name, known.kind, values);
  }
  return flags as StatsFlags;
}

/**
 * The same for one report, which refuses what it would pass over.
 * @throws FinanceDbError USAGE
 */
export function reportFlagsOf(report: ReportName, query: URLSearchParams, others: readonly string[]): StatsFlags {
  const flags = statsFlagsOf(query, others);
  requireOwnFlags(report, flags);
  return flags;
}

export function unknownParameter(name: string, known: readonly string[]): FinanceDbError {
  const meant = nearestName(name, known);
  const question = meant === null ? '' : `; did you mean ${meant}?`;
  return new FinanceDbError('USAGE', `there is no parameter ${JSON.stringify(name.slice(0, 80))}${question}`, {
    remedy: `the parameters are ${known.join(', ')}`,
    details: { parameter: name.slice(0, 80), nearest: meant },
  });
}

function readValue(name: string, kind: Kind, values: readonly string[]): unknown {
  if (kind === 'texts') return values;
  const [text = ''] = values;
  return kind === 'count' ? countOf(name, text) : text;
}

/** A whole number from 1. */
export function countOf(name: string, text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new FinanceDbError(
    'USAGE',
    `${name}: expected a whole number from 1, found ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** `?income`, `?income=1`, `?income=true`; and their opposites. */
export function switchOf(name: string, text: string): boolean {
  if (['', '1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
  throw new FinanceDbError('USAGE', `${name}: expected true or false, found ${JSON.stringify(text.slice(0, 80))}`);
}
