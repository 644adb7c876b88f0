-- The twenty largest expenses of the last year of the data
SELECT "timestamp"::DATE AS day, merchant, category, -normalized_amount AS spent
FROM transactions
WHERE normalized_amount < 0 AND category IS DISTINCT FROM 'Transfer'
  AND "timestamp" > (SELECT max("timestamp") FROM transactions) - INTERVAL 1 YEAR
ORDER BY normalized_amount
LIMIT 20;
