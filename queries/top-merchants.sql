-- With whom most was spent, how often, and when last
SELECT merchant, -sum(normalized_amount) AS spent, count(*) AS times,
       (-sum(normalized_amount) / count(*))::DECIMAL(15, 2) AS average, max("timestamp")::DATE AS last_seen
FROM transactions
WHERE normalized_amount < 0 AND category IS DISTINCT FROM 'Transfer'
GROUP BY merchant
ORDER BY spent DESC
LIMIT 20;
