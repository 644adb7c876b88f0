import { ledgerExpressions, withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { exactSum } from './sql.ts';
import { incomeCondition } from './vocabulary.ts';

/** What came in or went out by one category; with both NULL, all of it. */
export type FlowRow = {
  readonly flow: 'income' | 'spending';
  readonly category: string | null;
  /** The row of all categories of its flow. */
  readonly total: boolean;
  readonly amount: string;
  readonly count: string;
};

/** Income by category and spending by category, each with its total, the largest first. */
export function flowsSql(request: StatsRequest): string {
  const { scale } = request.source;
  const income = incomeCondition(request.vocabulary, 'normalized_amount > 0');
  return `${withClause(ledgerExpressions(request, ['category']))}SELECT flow, category, grouping(category) = 1 AS total, ${exactSum('normalized_amount', scale)} AS amount, count(*) AS count
FROM (SELECT CASE WHEN ${income} THEN 'income' ELSE 'spending' END AS flow, category, normalized_amount FROM ledger)
GROUP BY GROUPING SETS ((flow, category), (flow))
ORDER BY flow, total DESC, abs(amount) DESC, category`;
}
