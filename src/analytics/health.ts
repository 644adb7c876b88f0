import type { ReportQuery } from './columns.ts';
import { filterConditions, periodConditions, whereClause } from './filters.ts';
import { COPY_KEY, rowChecks } from './healthChecks.ts';
import { LEDGER_COLUMNS, type StatsRequest } from './request.ts';
import { indented } from './sql.ts';

export type HealthRow = {
  readonly check: string;
  /** `ok`, or `look` where something may be wrong. */
  readonly state: 'ok' | 'look';
  readonly count: string;
  readonly share: number | null;
  readonly detail: string;
};

/** That normalized_amount is missing is a check of its own. */
const NULLABLE = LEDGER_COLUMNS.filter((column) => column !== 'normalized_amount');

/** Whether the data itself can be trusted: one line per check, all rows looked at, transfers too. */
export function healthReport(request: StatsRequest): ReportQuery {
  const { source, calendar } = request;
  const conditions = [...periodConditions(request.period), ...filterConditions(request.filters, request.vocabulary)];
  const rows = `FROM ${source.whole}${whereClause(conditions)}`;
  const nulls = NULLABLE.map((column) => `count(*) - count("${column}") AS "null_${column}"`).join(',\n  ');
  const checks = rowChecks(calendar);
  const facts = `SELECT count(*) AS rows, count(*) - count(normalized_amount) AS not_normalized,
  count(*) FILTER (WHERE ${checks.uncategorised}) AS uncategorised,
  count(*) FILTER (WHERE ${checks['future dates']}) AS future,
  count(*) FILTER (WHERE ${checks['sign turned']}) AS turned,
  count(*) FILTER (WHERE ${checks['zero amounts']}) AS zero,
  ${nulls}
${rows}`;
  const line = (check: string, count: string, detail: string, bad = `${count} > 0`): string =>
    `SELECT '${check}' AS "check", CASE WHEN ${bad} THEN 'look' ELSE 'ok' END AS state, ${count}::BIGINT AS count,
  round(${count}::DOUBLE / nullif(rows, 0), 4) AS share, ${detail} AS detail
FROM facts`;
  const lines = [
    line('rows', 'rows', `'transactions looked at'`, 'rows = 0'),
    line('not normalized', 'not_normalized', `'no normalized amount: in no sum (see stats currencies)'`),
    line('uncategorised', 'uncategorised', `'no category'`, 'uncategorised > 0.05 * rows'),
    line('future dates', 'future', `'after ${calendar.today}'`),
    line('sign turned', 'turned', `'amount and normalized amount of opposite sign'`),
    line('zero amounts', 'zero', `'amount is 0'`, 'zero > 0.01 * rows'),
    `SELECT 'suspected duplicates', CASE WHEN rows > 0 THEN 'look' ELSE 'ok' END, rows::BIGINT,
  round(rows::DOUBLE / nullif((SELECT rows FROM facts), 0), 4), 'same account, time, merchant and amount as another row'
FROM duplicates`,
    `SELECT 'gaps', CASE WHEN count(*) > 0 THEN 'look' ELSE 'ok' END, count(*), NULL,
  coalesce('longest: ' || max_by(account_id || ', ' || gap || ' days before ' || day, (gap, account_id)), 'no account was silent unusually long')
FROM gaps`,
    ...NULLABLE.map((column) =>
      line(
        `NULL in ${column}`,
        `"null_${column}"`,
        column === 'timestamp' ? `'no day: NULL, infinite, or outside the years 1 to 9999'` : `'no ${column}'`,
        ESSENTIAL.includes(column) ? undefined : 'false',
      ).concat(`\nWHERE "null_${column}" > 0`),
    ),
  ];
  // A gap of more than 45 days leaves a stretch of 15 days empty. Only accounts with such a stretch are looked at day by day.
  return {
    sql: `WITH facts AS MATERIALIZED (
${indented(facts)}
),
copies AS MATERIALIZED (
  SELECT hash(${COPY_KEY}) AS key
${indented(rows)}
  GROUP BY key
  HAVING count(*) > 1
),
duplicates AS (
  SELECT coalesce(sum(copies - 1), 0) AS rows
  FROM (
    SELECT count(*) AS copies
${indented(rows, 4)}
      ${conditions.length > 0 ? 'AND' : 'WHERE'} hash(${COPY_KEY}) IN (SELECT key FROM copies)
    GROUP BY ${COPY_KEY}
    HAVING count(*) > 1
  )
),
quiet_accounts AS (
  SELECT account_id
  FROM (
    SELECT account_id, ("timestamp"::DATE - DATE '1970-01-01') // 15 AS half_month
${indented(rows, 4)}
    GROUP BY ALL
  )
  GROUP BY account_id
  HAVING max(half_month) - min(half_month) >= count(half_month)
),
days AS (
  SELECT account_id, day
  FROM (
    SELECT account_id, "timestamp"::DATE AS day
${indented(rows, 4)}
  ) AS listed
  SEMI JOIN quiet_accounts ON quiet_accounts.account_id IS NOT DISTINCT FROM listed.account_id
  GROUP BY ALL
),
gaps AS (
  SELECT account_id, max(gap) AS gap, max_by(day, gap) AS day
  FROM (SELECT account_id, day, day - lag(day) OVER (PARTITION BY account_id ORDER BY day) AS gap FROM days)
  GROUP BY account_id
  HAVING count(*) >= 10 AND max(gap) > 45 AND max(gap) > 5 * avg(gap)
)
${lines.join('\nUNION ALL\n')}`,
    noun: 'check',
    columns: [
      { key: 'check', title: 'Check', kind: 'text', whole: true },
      { key: 'state', title: 'State', kind: 'text', whole: true },
      { key: 'count', title: 'Count', kind: 'count' },
      { key: 'share', title: 'Share', kind: 'share' },
      { key: 'detail', title: 'Detail', kind: 'text', wide: true },
    ],
  };
}

/** Columns that a row makes no sense without. */
const ESSENTIAL = ['timestamp', 'amount', 'currency', 'account_id'];
