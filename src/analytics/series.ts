import { cadenceTable } from './cadences.ts';
import { sumType } from './sql.ts';

/** The columns that seriesExpressions read from the ledger beside its own, and `payee`. */
export const SERIES_COLUMNS: readonly string[] = ['account_id', 'merchant', 'subcategory', 'category'];
/** Who is paid: where no merchant is named, what for. */
export const PAYEE_SQL = `CASE WHEN merchant <> '' THEN merchant ELSE coalesce(subcategory, category, '') END`;
export const PAYEE = `${PAYEE_SQL} AS payee`;

export interface SeriesOptions {
  /** How often an amount must come to be among `repeated_rows`; 3 will do for series. */
  readonly least?: 2 | 3;
  /** Whether `hits` are to have a category. */
  readonly filed?: boolean;
  /** Whether `repeated_rows` are to have a subcategory. */
  readonly forWhat?: boolean;
}

/**
 * The detection itself, over the rows of `ledger`, which must have an amount other than 0.
 * 1. Cheap test of whole groups (account, merchant, direction; and the same split by amount): at least two hits, not more than
 *    weekly, and dates that gather on few days of the month, of half
 *    the month (15th and last) or of the week. Two passes; of millions of rows few groups remain.
 * 2. The gaps between the days of what remains. Their median names the cadence; most gaps have to be on its beat.
 * 3. Amounts: fixed, or varying within bounds that are narrower for weekly things, where habits look like bills.
 * A merchant's payments are taken as one series if they are regular as a whole, else amount by amount.
 * Groups are named by hashes of 64 bits: grouping by texts takes twice as long, and of a million groups two have the same one
 * with a probability of one to forty millions.
 * @param today SQL of the day that states refer to
 */
export function seriesExpressions(
  today: string,
  scale: number,
  { least = 3, filed = false, forWhat = false }: SeriesOptions = {},
): string[] {
  const category = filed ? ', category' : '';
  const sameAmount = 'hash(account_id, payee, normalized_amount)';
  const sameDirection = 'hash(account_id, payee, normalized_amount > 0)';
  const sparse = `2 * (max("timestamp")::DATE - min("timestamp")::DATE) >= 11 * (count(*) - 1)`;
  // Sets of days as bits: much cheaper than a deviation, and blind to the turn of the month in the same way. Days 15 apart
  // are folded on each other for half months.
  const gathers = `bit_count(monthdays) <= 7 OR bit_count(weekdays) <= 3
    OR bit_count(((monthdays | (monthdays >> 15)) & 32767) | (monthdays >> 30)) <= 6`;
  const daySets = `bit_or(1 << day("timestamp")) AS monthdays, bit_or(1 << isodow("timestamp")) AS weekdays`;
  return [
    cadenceTable(),
    // Nearly every amount at a merchant comes once: hashes of 8 bytes in order, of which those that are like the one before come
    // back, take half the time of counting them all.
    `repeated AS MATERIALIZED (
  SELECT series, count(*) + 1 AS times
  FROM (
    SELECT series, lag(series) OVER (ORDER BY series) AS before
    FROM (SELECT ${sameAmount} AS series FROM ledger)
  )
  WHERE series = before
  GROUP BY series${least > 2 ? `\n  HAVING count(*) + 1 >= ${least}` : ''}
)`,
    `repeated_rows AS MATERIALIZED (
  SELECT series, times, row_id, account_id, merchant, payee, "timestamp", normalized_amount${category}${forWhat ? ', subcategory' : ''}
  FROM ledger JOIN repeated ON series = ${sameAmount}
)`,
    `groups AS MATERIALIZED (
  SELECT series, account_id, payee, income, only_amount
  FROM (
    SELECT ${sameDirection} AS series, any_value(account_id) AS account_id, any_value(payee) AS payee,
      any_value(normalized_amount > 0) AS income, NULL::${sumType(scale)} AS only_amount,
      ${daySets}
    FROM ledger
    GROUP BY series
    HAVING count(*) > 1 AND ${sparse}
    UNION ALL
    SELECT series, any_value(account_id), any_value(payee), any_value(normalized_amount > 0), any_value(normalized_amount),
      ${daySets}
    FROM repeated_rows
    WHERE times > 2
    GROUP BY series
    HAVING ${sparse}
  )
  WHERE ${gathers}
)`,
    `hits AS (
  SELECT series, "timestamp"::DATE AS day, min(normalized_amount) AS amount${filed ? ', max(category) AS category' : ''}
  FROM (
    SELECT ${sameDirection} AS series, "timestamp", normalized_amount${category}
    FROM ledger
    WHERE series IN (SELECT series FROM groups WHERE only_amount IS NULL)
    UNION ALL
    SELECT series, "timestamp", normalized_amount${category}
    FROM repeated_rows
    WHERE series IN (SELECT series FROM groups WHERE only_amount IS NOT NULL)
  )
  GROUP BY series, day
)`,
    `steps AS MATERIALIZED (
  SELECT *, day - lag(day) OVER w AS gap, lag(amount) OVER w AS amount_before
  FROM hits
  WINDOW w AS (PARTITION BY series ORDER BY day)
)`,
    `paced AS (
  SELECT series, cadence, step, slack, times, pace_days, pace_months
  FROM (SELECT series, quantile_disc(gap, 0.5) AS usual_gap FROM steps GROUP BY series)
  JOIN cadences ON usual_gap BETWEEN shortest AND longest
)`,
    `regular AS MATERIALIZED (
  SELECT series, cadence, step, slack, times, pace_days, pace_months, avg((abs(gap - step) <= slack)::INTEGER) AS on_beat
  FROM paced JOIN steps USING (series)
  GROUP BY ALL
  HAVING on_beat >= 0.6
)`,
    `series_facts AS (
  SELECT series, count(*) AS hits, min(day) AS first_date, max(day) AS last_date,
    max_by(amount, day, 6) AS latest, max(day, 3)[-1] AS third_last_date,
    max(day, 2)[-1] AS day_before, list_max(list_transform(max(day, 6), lambda d: day(d))) AS latest_month_day,
    count(*) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS changes,
    max(day) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS changed_on,
    max_by(amount_before, day) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS price_before,
    quantile_cont(abs(amount)::DOUBLE, [0.25, 0.5, 0.75]) AS quartiles,
    quantile_cont(abs(amount - amount_before)::DOUBLE / abs(amount_before)::DOUBLE, 0.5) AS jump
  FROM steps
  WHERE series IN (SELECT series FROM regular)
  GROUP BY series
)`,
    `judged AS (
  SELECT *, (quartiles[3] - quartiles[1]) / quartiles[2] AS spread, changes <= greatest(1, (hits - 1) // 4) AS fixed
  FROM groups JOIN regular USING (series) JOIN series_facts USING (series)
)`,
    `accepted AS (
  SELECT *
  FROM judged
  WHERE CASE
    WHEN hits = 2 THEN cadence = 'yearly' AND spread <= 0.12
    WHEN fixed THEN true
    WHEN step < 27 THEN on_beat >= 0.75 AND hits >= 6 AND spread <= 0.15
    -- An amount that drifts (interest, seasons) makes small steps, however far it gets.
    ELSE on_beat >= 0.75 AND hits >= 5 AND (spread <= 0.5 OR jump <= 0.25)
  END
  QUALIFY only_amount IS NULL OR NOT bool_or(only_amount IS NULL) OVER (PARTITION BY account_id, payee, income)
)`,
    `anchored AS (
  SELECT *, CASE
    WHEN pace_months > 0 THEN [${monthDay('last_date')}]
    WHEN step = 15 AND abs(last_date - day_before - step) <= slack THEN [${monthDay('day_before')}, ${monthDay('last_date')}]
    END AS month_days
  FROM accepted
)`,
    `dues AS (
  SELECT *, ${today} > last_date + 2 * step + slack AS stopped, ${dueDay(1)} AS due
  FROM anchored
)`,
    `dated AS (
  SELECT *, CASE
      WHEN stopped THEN NULL
      WHEN due > ${today} THEN due
      WHEN due + slack >= ${today} THEN ${today} + 1
      WHEN ${dueDay(2)} > ${today} THEN ${dueDay(2)}
      ELSE ${dueDay(3)}
    END AS next_date
  FROM dues
)`,
    `recurring AS MATERIALIZED (
  SELECT payee AS merchant, account_id, cadence,
    CASE WHEN income THEN 'income' WHEN fixed THEN 'fixed' ELSE 'varying' END AS type,
    (CASE WHEN fixed THEN latest[1] ELSE list_sort(latest)[(len(latest) + 1) // 2] END)::${sumType(scale)} AS amount,
    next_date, CASE WHEN NOT stopped AND due <= ${today} THEN due END AS overdue_since,
    array_to_string(month_days, ',') AS month_days, amount * times AS per_year,
    CASE
      WHEN stopped THEN 'stopped'
      WHEN ${today} > due + slack THEN 'late'
      WHEN fixed AND changed_on >= third_last_date THEN 'price changed'
      WHEN hits <= 3 AND step <= 31 AND first_date >= ${today} - 4 * step THEN 'new'
      ELSE 'active'
    END AS state,
    CASE WHEN fixed THEN price_before END AS price_before, CASE WHEN fixed THEN changed_on END AS changed_on,
    hits, first_date, last_date
  FROM dated
)`,
  ];
}

/** The day of the month that is meant by a day: `monthDayOf` of src/learn/forecast/rhythm.ts in SQL. */
function monthDay(date: string): string {
  return `(CASE WHEN ${date} = last_day(${date}) THEN latest_month_day ELSE day(${date}) END)::INTEGER`;
}

/** The day of the n-th time after the last: `dueDay` of src/learn/forecast/rhythm.ts in SQL. What is not stopped has at most two missed. */
function dueDay(count: 1 | 2 | 3): string {
  const onDay = (months: string, day: string): string => {
    const first = `(date_trunc('month', last_date) + to_months((${months})::INTEGER))::DATE`;
    return `least(${first} + ${day} - 1, last_day(${first}))`;
  };
  const twice =
    count === 2
      ? onDay('1', 'month_days[2]')
      : onDay(`(CASE WHEN month_days[1] < month_days[2] THEN 0 ELSE -1 END) + ${(count + 1) / 2}`, 'month_days[1]');
  return `CASE len(month_days) WHEN 1 THEN ${onDay(`pace_months * ${count}`, 'month_days[1]')}
      WHEN 2 THEN ${twice} ELSE last_date + pace_days * ${count} END`;
}
