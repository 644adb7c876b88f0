-- What was spent in each currency, beside the same in the base currency, and how much could not be converted
SELECT currency, count(*) AS payments, -sum(amount) AS spent, -sum(normalized_amount) AS spent_in_base,
       count(*) FILTER (normalized_amount IS NULL) AS not_converted
FROM transactions
WHERE amount < 0
GROUP BY currency
ORDER BY payments DESC;
