-- All that was paid to or by one merchant: --param merchant=TEXT (a part of the name)
SELECT "timestamp"::DATE AS day, merchant, amount, currency, category, account_id
FROM transactions
WHERE contains(lower(merchant), lower($merchant::VARCHAR))
ORDER BY "timestamp" DESC;
