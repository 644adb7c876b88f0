-- What is paid regularly, and what it cost in the last year of the data
SELECT merchant, count(*) AS payments, -max_by(normalized_amount, "timestamp") AS latest,
       -sum(normalized_amount) AS cost_of_year, max("timestamp")::DATE AS last_paid
FROM transactions
WHERE is_recurring AND normalized_amount < 0 AND category IS DISTINCT FROM 'Transfer'
  AND "timestamp" > (SELECT max("timestamp") FROM transactions) - INTERVAL 1 YEAR
GROUP BY merchant
HAVING count(*) >= 2
ORDER BY cost_of_year DESC;
