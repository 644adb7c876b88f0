-- Regular payments whose amount changed after it had stayed the same, in their own currency
SELECT merchant, "timestamp"::DATE AS day, currency, -previous AS amount_before, -amount AS amount_now,
       round(100 * (amount - previous) / previous, 1) AS percent
FROM (
  SELECT *, lag(amount) OVER payments AS previous, lag(amount, 2) OVER payments AS before_that
  FROM transactions
  WHERE is_recurring AND amount < 0 AND category IS DISTINCT FROM 'Transfer'
  WINDOW payments AS (PARTITION BY merchant, currency ORDER BY "timestamp")
)
WHERE amount <> previous AND previous = before_that
ORDER BY day DESC, merchant
LIMIT 50;
