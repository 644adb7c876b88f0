import type { SimpleRow } from './statsFile.ts';

/**
 * Everything at which a list could come apart from its figure: names that differ by case alone, none and empty ones,
 * refunds, transfers at the edges of months and years, three currencies, amounts that were not normalized, rows without
 * a day and rows to come.
 */
export function awkwardRows(): SimpleRow[] {
  const rows: SimpleRow[] = [];
  const merchants = ['Shop', 'shop', 'SHOP & Söhne', 'a:b', '', null, '100% "Juice"', "O'Hara"];
  const categories = ['Groceries', 'groceries', 'Dining', 'Salary', '', null, 'Uncategorized', 'Other', 'Transfer'];
  for (let index = 0; index < 500; index++) {
    const pick = <T>(list: readonly T[], prime: number): T => list[(index * prime + (index >> 3)) % list.length] as T;
    const category = pick(categories, 7);
    const cents = ((index * 7919) % 40_000) + 1;
    const positive = category === 'Salary' ? index % 9 !== 0 : index % 6 === 0;
    const currency = pick(['USD', 'USD', 'EUR', 'JPY'], 11);
    const month = String((index % 22) + 1);
    rows.push({
      day: `${Number(month) > 12 ? 2026 : 2025}-${String(((Number(month) - 1) % 12) + 1).padStart(2, '0')}-${String(((index * 13) % 28) + 1).padStart(2, '0')}`,
      amount: `${positive ? '' : '-'}${(cents / 100).toFixed(2)}`,
      account: pick(['checking', 'Checking', 'savings'], 5),
      merchant: pick(merchants, 3),
      category,
      subcategory: pick(['Food', null, 'food', ''], 13),
      channel: pick(['pos', 'online', null, 'POS'], 17),
      currency,
      normalized: currency === 'JPY' && index % 3 === 0 ? null : `${positive ? '' : '-'}${(cents / 80).toFixed(2)}`,
    });
  }
  // Chains of one size across the ends of months: which of them are pairs depends on the days that are looked at.
  for (const [index, day] of [
    '2025-12-29',
    '2025-12-31',
    '2026-01-01',
    '2026-01-03',
    '2026-01-04',
    '2026-01-30',
    '2026-02-01',
    '2026-02-02',
  ].entries())
    rows.push(
      {
        day,
        amount: '-500',
        account: index % 2 ? 'checking' : 'savings',
        category: 'Transfer',
        merchant: null,
        mcc: null,
      },
      {
        day,
        amount: '500',
        account: index % 3 ? 'savings' : 'checking',
        category: index % 2 ? null : 'Transfer',
        merchant: null,
        mcc: null,
      },
    );
  rows.push(
    { day: 'infinity', amount: '-3.50' },
    { day: '2027-05-05', amount: '-77.77', currency: 'EUR' },
    { day: '2026-12-24', amount: '1000', category: 'Salary' },
  );
  return rows;
}
