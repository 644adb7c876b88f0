-- The same amount at the same merchant on the same account twice within 48 hours
SELECT first.merchant, first.amount, first.currency, first."timestamp" AS first_time, second."timestamp" AS second_time,
       first.tx_id AS first_id, second.tx_id AS second_id
FROM transactions AS first
JOIN transactions AS second
  ON second.merchant = first.merchant AND second.amount = first.amount AND second.currency = first.currency
 AND second.account_id IS NOT DISTINCT FROM first.account_id
 AND (second."timestamp", second.tx_id) > (first."timestamp", first.tx_id)
 AND second."timestamp" <= first."timestamp" + INTERVAL 48 HOUR
WHERE first.amount < 0
ORDER BY first_time DESC;
