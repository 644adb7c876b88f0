import type { ReportQuery } from './columns.ts';
import { filterConditions, periodConditions, whereClause } from './filters.ts';
import type { StatsRequest } from './request.ts';
import { exactSum, indented } from './sql.ts';

export type CurrencyRow = {
  readonly currency: string | null;
  readonly count: string;
  /** In the currency of the row. */
  readonly original_in: string;
  readonly original_out: string;
  /** In the base currency. */
  readonly normalized: string;
  /** Base currency per unit over all rows that have both amounts. */
  readonly rate: number | null;
  readonly not_normalized: string;
  /** The original amount of rows that have no normalized one, and so are in no other report. */
  readonly not_normalized_amount: string;
};

/** Original amounts beside normalized ones, all rows counted, transfers too: this report checks the conversion. */
export function currenciesReport(request: StatsRequest): ReportQuery {
  const { scale } = request.source;
  const amountScale = request.source.amountScale ?? 0;
  const conditions = [...periodConditions(request.period), ...filterConditions(request.filters, request.vocabulary)];
  const groups = `SELECT currency, count(*) AS count,
  ${exactSum('amount', amountScale, { filter: 'amount > 0' })} AS original_in,
  ${exactSum('amount', amountScale, { filter: 'amount < 0' })} AS original_out,
  ${exactSum('normalized_amount', scale)} AS normalized,
  sum(abs(normalized_amount)) FILTER (WHERE amount IS NOT NULL) AS both_normalized,
  sum(abs(amount)) FILTER (WHERE normalized_amount IS NOT NULL) AS both_original,
  count(*) FILTER (WHERE normalized_amount IS NULL) AS not_normalized,
  ${exactSum('amount', amountScale, { filter: 'normalized_amount IS NULL' })} AS not_normalized_amount
FROM ${request.source.whole}${whereClause(conditions)}
GROUP BY currency`;
  return {
    sql: `WITH groups AS MATERIALIZED (
${indented(groups)}
)
SELECT currency, count, original_in, original_out, normalized,
  round(both_normalized::DOUBLE / nullif(both_original, 0)::DOUBLE, 6) AS rate, not_normalized, not_normalized_amount,
  false AS is_total, NULL AS row_count
FROM groups
UNION ALL
SELECT NULL, coalesce(sum(count), 0)::BIGINT, NULL, NULL, ${exactSum('normalized', scale)}, NULL,
  coalesce(sum(not_normalized), 0)::BIGINT, NULL, true, count(*)
FROM groups
ORDER BY is_total, count DESC, currency`,
    noun: 'currency',
    columns: [
      { key: 'currency', title: 'Currency', kind: 'text' },
      { key: 'count', title: 'Count', kind: 'count' },
      { key: 'original_in', title: 'In (original)', kind: 'amount', spare: 2 },
      { key: 'original_out', title: 'Out (original)', kind: 'amount', spare: 1 },
      { key: 'normalized', title: 'Normalized', kind: 'money' },
      { key: 'rate', title: 'Rate', kind: 'number' },
      { key: 'not_normalized', title: 'Not normalized', kind: 'count' },
      { key: 'not_normalized_amount', title: 'Amount not normalized', kind: 'amount', spare: 3 },
    ],
  };
}
