import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';

/** What the file's `about` says of the currency of its normalized amounts. */
export interface StoredBaseCurrency {
  readonly currency: string;
  /** Null in files of versions that did not tell a setting from the default. */
  readonly from: 'setting' | 'data' | 'default' | null;
  /** The currencies that the rows themselves name: none, one or two. */
  readonly evidence: readonly string[];
}

/** SQL that writes it down in an `about` that does not hold it yet. */
export function rememberBaseCurrencySql({ currency, from, evidence }: StoredBaseCurrency): string {
  const values = {
    base_currency: currency,
    base_currency_from: from ?? 'default',
    base_currency_data: evidence.join(','),
  };
  const rows = Object.entries(values).map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`);
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ${rows.join(', ')}`;
}

/** @param value what `about` holds under a name */
export function storedBaseCurrency(value: (name: string) => string | undefined): StoredBaseCurrency | null {
  const currency = value('base_currency');
  if (currency === undefined) return null;
  const from = value('base_currency_from');
  return {
    currency,
    from: from === 'setting' || from === 'data' || from === 'default' ? from : null,
    evidence: (value('base_currency_data') ?? '').split(',').filter((name) => name !== ''),
  };
}
