-- Spending of each category in the last six months, side by side
WITH recent AS (
  SELECT coalesce(category, '(none)') AS category, strftime("timestamp", '%Y-%m') AS month, -normalized_amount AS amount
  FROM transactions
  WHERE category IS DISTINCT FROM 'Transfer' AND category IS DISTINCT FROM 'Income'
    AND "timestamp" >= date_trunc('month', (SELECT max("timestamp") FROM transactions)) - INTERVAL 5 MONTH
)
PIVOT recent ON month USING sum(amount) GROUP BY category ORDER BY category;
