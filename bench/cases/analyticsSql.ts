const NOT_TRANSFER = "category IS DISTINCT FROM 'Transfers'";

function groupedBy(columns: string): string {
  return `SELECT ${columns}, sum(normalized_amount) AS amount, round(avg(normalized_amount), 2) AS average, count(*) AS count,
  max("timestamp") AS last_seen
FROM transactions WHERE ${NOT_TRANSFER} GROUP BY ${columns} ORDER BY amount LIMIT 25`;
}

/**
 * The core of the reports' questions in words that both databases understand: the grouping and the sums over the same rows,
 * without what the reports add around them (shares, trends, totals).
 */
export const CORE_SQL: Readonly<Record<string, string>> = {
  overview: `SELECT date_trunc('month', "timestamp") AS month, count(*),
  sum(normalized_amount) FILTER (WHERE normalized_amount > 0) AS income,
  sum(normalized_amount) FILTER (WHERE normalized_amount < 0) AS spending, sum(normalized_amount) AS net
FROM transactions WHERE ${NOT_TRANSFER} GROUP BY month ORDER BY month`,
  categories: `SELECT category, date_trunc('month', "timestamp") AS month, sum(normalized_amount) AS amount, count(*) AS count
FROM transactions WHERE ${NOT_TRANSFER} GROUP BY category, month ORDER BY category, month`,
  cashflow: `SELECT date_trunc('month', "timestamp") AS month,
  sum(normalized_amount) FILTER (WHERE normalized_amount > 0) AS income,
  sum(normalized_amount) FILTER (WHERE normalized_amount < 0) AS spending,
  sum(sum(normalized_amount)) OVER (ORDER BY date_trunc('month', "timestamp")) AS running
FROM transactions WHERE ${NOT_TRANSFER} GROUP BY month ORDER BY month`,
  merchants: groupedBy('merchant'),
  accounts: groupedBy('account_id'),
  channels: groupedBy('channel'),
  places: groupedBy('city, state'),
  currencies: `SELECT currency, sum(amount) AS original, sum(normalized_amount) AS normalized, count(*) AS count
FROM transactions GROUP BY currency ORDER BY normalized`,
};
