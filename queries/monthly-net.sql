-- Income, spending, net and savings rate of each month (transfers between own accounts left out)
SELECT strftime(date_trunc('month', "timestamp"), '%Y-%m') AS month,
       sum(normalized_amount) FILTER (normalized_amount > 0) AS income,
       sum(normalized_amount) FILTER (normalized_amount < 0) AS spending,
       sum(normalized_amount) AS net,
       round(100 * sum(normalized_amount) / sum(normalized_amount) FILTER (normalized_amount > 0), 1) AS saved_percent
FROM transactions
WHERE category IS DISTINCT FROM 'Transfer'
GROUP BY 1
ORDER BY 1;
