/**
 * An entry on its way into PostgreSQL: read, cleaned, and not yet compared with what is there. The columns of the temporary table
 * that an import stages its rows in; a row is a text or null for each, in this order.
 */
export const STAGED_COLUMNS = [
  { name: 'record', type: 'bigint' },
  { name: 'line', type: 'bigint' },
  { name: 'account_id', type: 'text' },
  { name: 'booked', type: 'timestamp' },
  /** The day of `booked`, as it is written: no cast of a date to text is immutable, and the hashes for identity need one. */
  { name: 'day_text', type: 'text' },
  { name: 'value_day', type: 'date' },
  { name: 'amount', type: 'numeric(15,2)' },
  { name: 'currency', type: 'text' },
  { name: 'bank_id', type: 'text' },
  /** The key of a file in our own columns, which is kept as it is. */
  { name: 'own_id', type: 'text' },
  /** The text as it counts for identity (words.ts). */
  { name: 'words', type: 'text' },
  { name: 'text', type: 'text' },
  { name: 'payee', type: 'text' },
  { name: 'counter_account', type: 'text' },
  { name: 'code', type: 'text' },
  { name: 'merchant', type: 'text' },
  { name: 'merchant_by', type: 'text' },
  { name: 'mcc', type: 'text' },
  { name: 'city', type: 'text' },
  { name: 'state', type: 'text' },
  { name: 'channel', type: 'text' },
  { name: 'category', type: 'text' },
  { name: 'subcategory', type: 'text' },
  { name: 'category_by', type: 'text' },
  /** What the merchant code stands for, used where neither a rule nor the user's own history knows better. */
  { name: 'mcc_category', type: 'text' },
  { name: 'mcc_subcategory', type: 'text' },
  { name: 'is_recurring', type: 'boolean' },
  { name: 'original_amount', type: 'numeric(30,5)' },
  { name: 'original_currency', type: 'text' },
  { name: 'normalized_amount', type: 'numeric(15,2)' },
  { name: 'normalized_by', type: 'text' },
  { name: 'balance', type: 'numeric(30,5)' },
] as const;

export type StagedColumn = (typeof STAGED_COLUMNS)[number]['name'];

/** One staged row, by name; `stagedValues` puts it in order. */
export type StagedRow = { readonly [Name in StagedColumn]: string | null };

/** The values in the order of the columns. Named one by one: looked up by a variable name they take three times as long. */
export function stagedValues(row: StagedRow): (string | null)[] {
  return [
    row.record,
    row.line,
    row.account_id,
    row.booked,
    row.day_text,
    row.value_day,
    row.amount,
    row.currency,
    row.bank_id,
    row.own_id,
    row.words,
    row.text,
    row.payee,
    row.counter_account,
    row.code,
    row.merchant,
    row.merchant_by,
    row.mcc,
    row.city,
    row.state,
    row.channel,
    row.category,
    row.subcategory,
    row.category_by,
    row.mcc_category,
    row.mcc_subcategory,
    row.is_recurring,
    row.original_amount,
    row.original_currency,
    row.normalized_amount,
    row.normalized_by,
    row.balance,
  ];
}
