import { quoteIdentifier } from '../model/identifier.ts';
import type { Calendar } from '../model/period.ts';
import { duckdbSchema, type TableName } from '../model/tableName.ts';
import { NO_FILTERS } from './filters.ts';
import { ledgerExpression } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE, SERIES_COLUMNS, seriesExpressions } from './series.ts';
import { ledgerSource, type Relation } from './source.ts';
import { exactSum, sumType } from './sql.ts';
import { transferExpressions } from './transfers.ts';

/** A ready-made view of the DuckDB file. */
export interface ReadyView {
  readonly name: 'monthly_spending' | 'category_month' | 'recurring_charges' | 'account_balance_changes';
  readonly summary: string;
  /** CREATE OR REPLACE VIEW …, to be run after the table exists. */
  readonly sql: string;
}

/** The columns that a table must have for the views to be made over it, of any type that `shapeOf` reads. */
export const VIEW_COLUMNS: readonly string[] = [
  'timestamp',
  'merchant',
  'mcc',
  'account_id',
  'channel',
  'category',
  'subcategory',
  'normalized_amount',
];

/** What the words of a category say, in SQL: views cannot know the categories of the file beforehand. */
const SAYS_TRANSFER = `regexp_matches(category, 'transfer|card payment|^savings?$|^internal$', 'i')`;
const IS_BLANK = `(category IS NULL OR regexp_matches(category, '^\\s*$|^uncategori[sz]ed$|^unknown$|^none$', 'i'))`;
const IS_QUIET = `(${IS_BLANK} OR regexp_matches(category, '^(other|misc(ellaneous)?|general)$', 'i'))`;
const IS_LEG = `(${SAYS_TRANSFER} OR (${IS_QUIET} AND (contains(lower(subcategory), 'transfer')
    OR contains(lower(channel), 'transfer') OR (${IS_BLANK} AND coalesce(mcc, '') = ''))))`;

/** What lies ahead does not say what comes back. */
const NOT_FUTURE = `"timestamp" < current_date + INTERVAL 1 DAY`;

/**
 * The ready-made views over one table of transactions, in its schema: the same rules as the reports, so that the
 * numbers agree with `finance-db stats`. Transfers between own accounts are left out of all but account_balance_changes.
 * @param relation how the table is read. What has no day that can be named has the month NULL
 */
export function readyViews(table: TableName, relation: Relation): ReadyView[] {
  const { table: _, ...rest } = ledgerSource(relation, { undated: true, until: null });
  const { whole: source, scale } = rest;
  const calendar: Calendar = { today: '9999-12-31', monthStart: 1 };
  const request: StatsRequest = {
    source: { ...rest, table: source },
    vocabulary: { income: [], transfer: [], blank: [], vague: [], telling: [], hasQuietRows: false },
    calendar,
    period: { from: null, to: null, label: 'all' },
    span: null,
    file: null,
    filters: NO_FILTERS,
    withTransfers: true,
    interval: 'month',
    groupBy: null,
    months: 3,
    backtest: false,
    openings: [],
    statements: null,
    depth: 1,
    sort: null,
    limit: null,
  };
  const transfers = transferExpressions(request, [], IS_LEG).join(',\n');
  const without = 'rowid NOT IN (SELECT row_id FROM transfer_legs)';
  const income = `income_categories AS (
  SELECT category FROM ${source}
  WHERE NOT ${IS_BLANK} AND NOT ${SAYS_TRANSFER}
  GROUP BY category HAVING count(*) FILTER (WHERE normalized_amount > 0) * 2 > count(*)
)`;
  const isIncome = `CASE WHEN ${IS_BLANK} OR ${SAYS_TRANSFER} THEN normalized_amount > 0
    ELSE category IN (SELECT category FROM income_categories) END`;
  const month = `date_trunc('month', "timestamp")::DATE AS month`;
  // The day that states refer to: today, or the last day of data where that is earlier.
  const today = `least(current_date, (SELECT max("timestamp")::DATE FROM ${source}))`;
  const recurring = [
    ...transferExpressions(request, SERIES_COLUMNS, IS_LEG),
    ledgerExpression(source, [...SERIES_COLUMNS, PAYEE], ['normalized_amount <> 0', NOT_FUTURE], IS_LEG),
    ...seriesExpressions(today, scale),
  ].join(',\n');
  const create = (name: ReadyView['name'], summary: string, body: string): ReadyView => ({
    name,
    summary,
    sql: `CREATE OR REPLACE VIEW ${quoteIdentifier(duckdbSchema(table))}.${name} AS\n${body}`,
  });
  return [
    create(
      'monthly_spending',
      'income, spending (refunds counted against it) and net of each month',
      `WITH ${transfers},
${income},
flows AS (
  SELECT ${month}, normalized_amount AS amount, ${isIncome} AS income
  FROM ${source}
  WHERE ${without}
)
SELECT month, ${exactSum('amount', scale, { filter: 'income' })} AS income, ${exactSum('amount', scale, { filter: 'NOT income' })} AS spending,
  ${exactSum('amount', scale)} AS net, count(*) AS transactions
FROM flows
GROUP BY month
ORDER BY month`,
    ),
    create(
      'category_month',
      'amount and count of each category and subcategory in each month',
      `WITH ${transfers}
SELECT ${month}, category, subcategory, ${exactSum('normalized_amount', scale)} AS amount, count(*) AS transactions
FROM ${source}
WHERE ${without}
GROUP BY ALL
ORDER BY month, category, subcategory`,
    ),
    create(
      'recurring_charges',
      'what comes back, with cadence, usual amount, next date, cost per year and state',
      `WITH ${recurring}
SELECT merchant, account_id, cadence, type, amount, next_date, per_year, state, price_before, changed_on, hits, first_date,
  last_date
FROM recurring
ORDER BY state = 'stopped', per_year`,
    ),
    create(
      'account_balance_changes',
      'what came in and went out of each account each month, and the sum so far; transfers included',
      `SELECT account_id, month, money_in, money_out, money_in + money_out AS change,
  (sum(money_in + money_out) OVER (PARTITION BY account_id ORDER BY month))::${sumType(scale)} AS change_so_far,
  transactions
FROM (
  SELECT account_id, ${month}, ${exactSum('normalized_amount', scale, { filter: 'normalized_amount > 0' })} AS money_in,
    ${exactSum('normalized_amount', scale, { filter: 'normalized_amount < 0' })} AS money_out, count(*) AS transactions
  FROM ${source}
  GROUP BY ALL
)
ORDER BY account_id, month`,
    ),
  ];
}
