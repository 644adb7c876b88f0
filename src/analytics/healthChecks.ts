import { whereClause } from './filters.ts';
import type { StatsRequest } from './request.ts';

/** The checks of the data that count rows, by the names that addresses have for them. */
export const HEALTH_CHECKS = [
  'uncategorised',
  'future dates',
  'sign turned',
  'zero amounts',
  'suspected duplicates',
  'no day',
  'no amount',
] as const;

export type HealthCheck = (typeof HEALTH_CHECKS)[number];

/** What makes a row of the same account, time, merchant and amount a copy of another. */
export const COPY_KEY = 'account_id, "timestamp", merchant, amount';

/** The checks that look at one row alone. */
export function rowChecks({
  today,
}: {
  readonly today: string;
}): Record<Exclude<HealthCheck, 'suspected duplicates'>, string> {
  return {
    uncategorised: `(category IS NULL OR category = '' OR lower(category) IN ('uncategorized', 'uncategorised'))`,
    'future dates': `"timestamp" >= TIMESTAMP '${today}' + INTERVAL 1 DAY`,
    'sign turned': 'normalized_amount * sign(amount) < 0',
    'zero amounts': 'amount = 0',
    'no day': '"timestamp" IS NULL',
    'no amount': 'amount IS NULL',
  };
}

/**
 * The condition on the rows that a check counts. Of copies the first is none.
 * @param conditions the period and the filters: copies are looked for among their rows
 */
export function checkCondition(check: HealthCheck, request: StatsRequest, conditions: readonly string[]): string {
  if (check !== 'suspected duplicates') return rowChecks(request.calendar)[check];
  const { whole } = request.source;
  const rows = `FROM ${whole}${whereClause(conditions)}`.replaceAll('\n', ' ');
  const repeated = `hash(${COPY_KEY}) IN (SELECT hash(${COPY_KEY}) AS key ${rows} GROUP BY key HAVING count(*) > 1)`;
  return `rowid IN (SELECT copied FROM (SELECT rowid AS copied, row_number() OVER (PARTITION BY ${COPY_KEY} ORDER BY rowid) AS place
    ${rows} ${conditions.length > 0 ? 'AND' : 'WHERE'} ${repeated}) WHERE place > 1)`;
}
