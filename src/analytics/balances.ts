import { quoteLiteral } from '../model/identifier.ts';
import { countIntervals } from '../model/period.ts';
import type { ReportQuery } from './columns.ts';
import { intervalLabelSql } from './intervals.ts';
import type { StatsRequest } from './request.ts';
import { indented, isOneOf, limitClause, sumType } from './sql.ts';

/** What an account held at the end of an interval; `account_id` NULL is all accounts whose balance is known. */
export type BalanceRow = {
  readonly account_id: string | null;
  readonly currency: string | null;
  readonly period: string;
  readonly balance: string;
  readonly lowest: string;
  readonly lowest_on: string;
};

/** Two statements between which the rows do not add up. */
export type DisagreementRow = {
  readonly account_id: string;
  readonly currency: string | null;
  readonly since: string;
  readonly day: string;
  readonly stated: string;
  readonly added_up: string;
  readonly difference: string;
};

/** How many of the latest intervals are shown of each account: of all that is known, and of a period that was asked for. */
const DEFAULT_LIMIT = 12;
const LIMIT_OF_PERIOD = 100;

/** How many intervals the rows span, and the latest of them that are shown. */
export function intervalsShown({ span, period, interval, calendar, limit }: StatsRequest): {
  shown: number;
  of: number;
} {
  const of = span === null ? 0 : countIntervals(span.from, span.to, interval, calendar);
  const asked = period.from !== null || period.to !== null;
  return { shown: Math.min(of, limit ?? (asked ? LIMIT_OF_PERIOD : DEFAULT_LIMIT)), of };
}

/**
 * What is known of an account at one day, and what came and went: the latest statement wins, since what it says is now. An opening
 * that was named holds before the first row. Exact in the account's currency; what accounts in other currencies are worth in the base
 * currency is an estimate, at the rate of their latest day that has one. An account without any is in no sum: its rate is NULL.
 */
function balanceExpressions(request: StatsRequest): string[] {
  const { source, statements, openings, filters } = request;
  const type = sumType(Math.max(source.scale, source.amountScale ?? 0));
  const stated =
    statements === null
      ? `SELECT NULL::VARCHAR AS account_id, NULL::VARCHAR AS currency, NULL::DATE AS day, NULL::${type} AS amount, NULL::BIGINT AS place WHERE false`
      : standingsSql(statements, type);
  const named = openings.map(({ account, amount }) => `(${quoteLiteral(account)}, ${amount}::${type})`).join(', ');
  const accounts = filters.accounts.map((account) => account.toLowerCase());
  const only = accounts.length === 0 ? '' : `\n  AND ${isOneOf('lower(account_id)', accounts)}`;
  return [
    `mains AS MATERIALIZED (
  SELECT account_id, mode(currency) AS currency FROM ${source.table} WHERE account_id IS NOT NULL${only} GROUP BY account_id
)`,
    // A card in the base currency says what was paid abroad in its own money, and so does normalized_amount.
    `changes AS MATERIALIZED (
  SELECT account_id, "timestamp"::DATE AS day, any_value(m.currency) AS currency,
    sum(CASE WHEN t.currency IS NOT DISTINCT FROM m.currency THEN amount ELSE normalized_amount END)::${type} AS change,
    sum(normalized_amount)::${type} AS base_change, count(*) - count(normalized_amount) AS not_normalized,
    count(*) FILTER (WHERE t.currency IS DISTINCT FROM m.currency) AS abroad,
    count(*) FILTER (WHERE t.currency IS DISTINCT FROM m.currency AND normalized_amount IS NULL
      OR t.currency IS NOT DISTINCT FROM m.currency AND normalized_amount IS DISTINCT FROM amount) AS unlike
  FROM ${source.table} t JOIN mains m USING (account_id)
  GROUP BY account_id, day
)`,
    `statements AS MATERIALIZED (
  SELECT account_id, any_value(currency) AS currency, day, max_by(amount, place) AS amount
  FROM (
${indented(stated, 4)}
  )
  WHERE account_id IN (SELECT account_id FROM changes)
  GROUP BY account_id, day
)`,
    `facts AS (
  SELECT account_id, min(day) AS first, any_value(currency) AS currency, sum(abroad) > 0 AND sum(unlike) > 0 AS mixed,
    CASE WHEN sum(unlike) = 0 THEN 1
      ELSE max_by(base_change::DOUBLE / change::DOUBLE, day) FILTER (WHERE change <> 0 AND not_normalized = 0) END AS rate
  FROM changes
  GROUP BY account_id
)`,
    `anchors AS (
  SELECT account_id, max(day) AS day, max_by(amount, day) AS amount FROM statements GROUP BY account_id
  UNION ALL
  SELECT f.account_id, f.first - 1, o.amount
  FROM (${named === '' ? `SELECT NULL::VARCHAR AS account, NULL::${type} AS amount WHERE false` : `VALUES ${named}`}) AS o(account, amount)
  JOIN facts f ON lower(f.account_id) = lower(o.account)
  WHERE f.account_id NOT IN (SELECT account_id FROM statements)
)`,
    `starts AS MATERIALIZED (
  SELECT a.account_id, f.currency, f.first, f.rate, (a.amount - coalesce(sum(c.change), 0))::${type} AS start
  FROM anchors a JOIN facts f USING (account_id) LEFT JOIN changes c ON c.account_id = a.account_id AND c.day <= a.day
  WHERE NOT f.mixed
  GROUP BY a.account_id, a.amount, f.currency, f.first, f.rate
)`,
    `known AS MATERIALIZED (
  SELECT account_id, s.currency, day, change, start FROM changes JOIN starts s USING (account_id)
  UNION ALL
  SELECT NULL, NULL, day, sum(${inBase('change', type)})::${type},
    (SELECT sum(${inBase('start', type)})::${type} FROM starts WHERE rate IS NOT NULL)
  FROM changes JOIN starts USING (account_id)
  WHERE rate IS NOT NULL
  GROUP BY day
)`,
    `daily AS MATERIALIZED (
  SELECT account_id, currency, day, (start + sum(change) OVER (PARTITION BY account_id ORDER BY day))::${type} AS balance
  FROM known
)`,
  ];
}

/**
 * What an account held by its statements, each at the first day by which all of its entries are counted. A closing balance has all
 * entries of its statement in it, and some lie after its day: of a Friday, with Monday as their value date. So a statement holds at
 * the latest day of its own entries and of those before it. Where a later statement has entries up to that day too, the days of the
 * rows do not tell them apart, and the earlier one says nothing; the last one always does. Statements that merely overlap (a year
 * beside its months) stay, unless one reaches beyond its closing day.
 */
function standingsSql(statements: string, type: string): string {
  return `SELECT account_id, currency, reach AS day, amount, place
FROM (
  SELECT *, min(first) OVER later AS next, min(first) FILTER (WHERE first < opened) OVER later AS next_dated_back
  FROM (
    SELECT *, max(greatest(closed, last)) OVER (PARTITION BY account_id, currency ORDER BY closed, place) AS reach
    FROM (
      SELECT account_id, currency, coalesce(closing_day, last_day)::DATE AS closed, last_day::DATE AS last, first_day::DATE AS first,
        opening_day::DATE AS opened, closing::${type} AS amount, import_id * 100000 + number AS place
      FROM ${statements}
      WHERE closing IS NOT NULL AND coalesce(closing_day, last_day) IS NOT NULL
    )
  )
  WINDOW later AS (PARTITION BY account_id, currency ORDER BY closed, place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
WHERE (reach = closed OR coalesce(next > reach, true)) AND coalesce(next_dated_back > reach, true)`;
}

/** An amount of an account in the base currency: exact where it is in that, else an estimate. */
function inBase(amount: string, type: string): string {
  return `CASE WHEN rate = 1 THEN ${amount} ELSE round(${amount}::DOUBLE * rate, 2)::${type} END`;
}

/** Balances of each account, and of all of them in the base currency, at the end of each interval, with the lowest within it. */
export function balancesReport(request: StatsRequest): ReportQuery {
  const { span } = request;
  const label = intervalLabelSql(request, 'day');
  const from = span === null ? 'NULL::DATE' : `DATE '${span.from}'`;
  const to = span === null ? 'NULL::DATE' : `DATE '${span.to}'`;
  const sql = `WITH ${[
    ...balanceExpressions(request),
    `intervals AS (
  SELECT ${label} AS period, max(day) AS last, min(day) AS first
  FROM (SELECT unnest(generate_series(${from}, ${to}, INTERVAL 1 DAY))::DATE AS day)
  GROUP BY period
  ORDER BY period DESC${indented(limitClause(intervalsShown(request).shown))}
)`,
    `ends AS (
  SELECT i.period, i.first, i.last, d.account_id, d.currency, max_by(d.balance, d.day) AS balance, max_by(d.balance, d.day) FILTER (WHERE d.day < i.first) AS before
  FROM intervals i JOIN daily d ON d.day <= i.last
  GROUP BY ALL
)`,
    `lows AS (
  SELECT i.period, d.account_id, min(d.balance) AS lowest, arg_min(d.day, (d.balance, d.day)) AS lowest_on
  FROM intervals i JOIN daily d ON d.day BETWEEN i.first AND i.last
  GROUP BY ALL
)`,
  ].join(',\n')}
SELECT e.account_id, e.currency, e.period, e.balance,
  least(coalesce(l.lowest, e.before), ${request.interval === 'day' ? 'coalesce(l.lowest, e.before)' : 'coalesce(e.before, l.lowest)'}) AS lowest,
  CASE WHEN l.lowest IS NULL${request.interval === 'day' ? '' : ' OR e.before <= l.lowest'} THEN e.first ELSE l.lowest_on END AS lowest_on
FROM ends e LEFT JOIN lows l ON l.period = e.period AND l.account_id IS NOT DISTINCT FROM e.account_id
ORDER BY e.account_id NULLS LAST, e.period`;
  return {
    sql,
    noun: 'balance',
    columns: [
      { key: 'account_id', title: 'Account', kind: 'text' },
      { key: 'currency', title: 'Currency', kind: 'text', whole: true, spare: 2 },
      { key: 'period', title: request.interval === 'day' ? 'Day' : 'Month', kind: 'text', whole: true },
      { key: 'balance', title: 'Balance', kind: 'amount' },
      { key: 'lowest', title: 'Lowest', kind: 'amount' },
      { key: 'lowest_on', title: 'On', kind: 'date' },
    ],
  };
}

/** Statements of an account that follow each other and between which the rows do not add up. */
export function disagreementsSql(request: StatsRequest): string {
  const type = sumType(Math.max(request.source.scale, request.source.amountScale ?? 0));
  return `WITH ${balanceExpressions(request).slice(0, 3).join(',\n')},
pairs AS (
  SELECT account_id, currency, day, amount, lag(day) OVER w AS since, lag(amount) OVER w AS before
  FROM statements
  WINDOW w AS (PARTITION BY account_id ORDER BY day)
)
SELECT p.account_id, any_value(p.currency) AS currency, p.since, p.day, any_value(p.amount) AS stated,
  (any_value(p.before) + coalesce(sum(c.change), 0))::${type} AS added_up, (any_value(p.amount) - added_up)::${type} AS difference
FROM pairs p LEFT JOIN changes c ON c.account_id = p.account_id AND c.day > p.since AND c.day <= p.day
WHERE p.since IS NOT NULL
GROUP BY p.account_id, p.since, p.day
HAVING difference <> 0
ORDER BY p.account_id, p.day`;
}

/** What is known of an account beside its balances. */
export type AccountFacts = {
  readonly account_id: string;
  readonly currency: string | null;
  /** Why it is not in the sum of all: no balance is known; it holds several currencies; nothing says what its currency is worth. */
  readonly apart: 'unknown' | 'mixed' | 'unrated' | null;
  /** What it held before its first row; null where no balance is known. */
  readonly start: string | null;
  /** Whether its balance moves by the normalized amounts of its rows; else by the original ones, all in its currency. */
  readonly in_base: boolean | null;
};

/** Every account that has rows: rows of AccountFacts. */
export function accountFactsSql(request: StatsRequest): string {
  return `WITH ${balanceExpressions(request).join(',\n')}
SELECT account_id, f.currency, s.start, s.rate = 1 AS in_base,
  CASE WHEN mixed THEN 'mixed' WHEN s.account_id IS NULL THEN 'unknown' WHEN s.rate IS NULL THEN 'unrated' END AS apart
FROM facts f LEFT JOIN starts s USING (account_id)
ORDER BY account_id`;
}

/** What all accounts held at the end of a day, in the base currency, and of how many that is not known. */
export function worthSql(request: StatsRequest, day: string): string {
  return `WITH ${balanceExpressions(request).join(',\n')}
SELECT (SELECT max_by(balance, day) FROM daily WHERE account_id IS NULL AND day <= DATE '${day}') AS balance,
  (SELECT count(*) FROM facts WHERE account_id NOT IN (SELECT account_id FROM starts WHERE rate IS NOT NULL)) AS unknown`;
}
