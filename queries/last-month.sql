-- Where the money went in the last full month of the data, beside the month before
WITH latest AS (SELECT date_trunc('month', max("timestamp")) AS month FROM transactions),
spent AS (
  SELECT coalesce(category, '(none)') AS category, date_trunc('month', "timestamp") AS month,
         -sum(normalized_amount) AS amount
  FROM transactions
  WHERE category IS DISTINCT FROM 'Transfer' AND category IS DISTINCT FROM 'Income'
  GROUP BY ALL
)
SELECT category,
       coalesce(sum(amount) FILTER (spent.month = latest.month - INTERVAL 1 MONTH), 0) AS last_month,
       coalesce(sum(amount) FILTER (spent.month = latest.month - INTERVAL 2 MONTH), 0) AS month_before,
       last_month - month_before AS change
FROM spent, latest
WHERE spent.month BETWEEN latest.month - INTERVAL 2 MONTH AND latest.month - INTERVAL 1 MONTH
GROUP BY category
ORDER BY last_month DESC;
