import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';

/** What the file's `about` says of the currency of its normalized amounts. */
export interface StoredBaseCurrency {
  readonly currency: string;
  /** Null in files of versions that did not tell a setting from the default. */
  readonly from: 'setting' | 'data' | 'default' | null;
  /** The currencies that the rows themselves name: none, one or two. */
  readonly evidence: readonly string[];
  /** What the evidence is drawn from, and for which state of its table; null where the file does not say. */
  readonly known: KnownCurrencies | null;
}

/** The currencies of a table as of a snapshot, and whether all amounts of each were taken over as they are. */
export interface KnownCurrencies {
  readonly tableOid: string;
  /** As PostgreSQL wrote it. */
  readonly snapshot: string;
  readonly currencies: ReadonlyMap<string, boolean>;
}

/** What the label stands under in `about`. */
export const LABEL_NAMES = ['base_currency', 'base_currency_from', 'base_currency_data', 'base_currency_known'];

/** SQL that writes it down in an `about` that does not hold it yet. */
export function rememberBaseCurrencySql({ currency, from, evidence, known }: StoredBaseCurrency): string {
  const values = {
    base_currency: currency,
    base_currency_from: from ?? 'default',
    base_currency_data: evidence.join(','),
    ...(known === null
      ? {}
      : { base_currency_known: JSON.stringify([known.tableOid, known.snapshot, ...known.currencies]) }),
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
    known: toKnown(value('base_currency_known')),
  };
}

function toKnown(stored: string | undefined): KnownCurrencies | null {
  if (stored === undefined) return null;
  const [tableOid, snapshot, ...currencies] = JSON.parse(stored) as [string, string, ...[string, boolean][]];
  return { tableOid, snapshot, currencies: new Map(currencies) };
}
