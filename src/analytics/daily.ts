import { ledgerExpressions, withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { exactSum } from './sql.ts';
import { incomeCondition } from './vocabulary.ts';

/** One day that has rows. */
export type DailyRow = {
  readonly day: string;
  readonly income: string;
  readonly spending: string;
  readonly count: string;
};

/** Income and spending of each day with rows, by the rules of the cash flow report, in order. */
export function dailySql(request: StatsRequest): string {
  const { scale } = request.source;
  const income = incomeCondition(request.vocabulary, 'normalized_amount > 0');
  return `${withClause(ledgerExpressions(request, ['category']))}SELECT "timestamp"::DATE AS day, ${exactSum(`CASE WHEN ${income} THEN normalized_amount END`, scale)} AS income,
  ${exactSum('normalized_amount', scale)} - income AS spending, count(*) AS count
FROM ledger
GROUP BY day
ORDER BY day`;
}
