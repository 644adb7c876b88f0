/** Of so many payments of a kind, the share that comes twice tells whether that is its custom. */
const CUSTOM = { payments: 30, share: 0.1 };

/**
 * Table expressions of `twice`: the same amount at the same merchant from the same account within 48 hours; of days without a time, on the
 * same day or the next, since two days later may be 72 hours. To stand behind those of series, with the subcategory in `repeated_rows`.
 * Habits, such as two bus tickets a day, are told by how often the same happens to the account: more than a quarter of the time; and what
 * comes twice for everybody (interest booked in two parts) by how often it does among all payments for the same.
 */
export function twiceExpressions(): string[] {
  return [
    `same_charges AS MATERIALIZED (
  SELECT hash(account_id, merchant, normalized_amount) AS charge, hash(merchant, subcategory) AS kind, row_id, "timestamp"
  FROM repeated_rows
  WHERE normalized_amount < 0
)`,
    // Most of what comes twice comes weeks apart: sorting the rest takes a tenth of the time.
    // Two midnights are two dates without a time.
    `spaced AS MATERIALIZED (
  SELECT charge, kind, row_id, "timestamp" - lag("timestamp") OVER (PARTITION BY charge ORDER BY "timestamp", row_id) AS gap,
    "timestamp" = "timestamp"::DATE AND epoch(gap) % 86400 = 0 AS whole_days,
    gap <= CASE WHEN whole_days THEN INTERVAL 24 HOUR ELSE INTERVAL 48 HOUR END AS near
  FROM same_charges
  WHERE charge IN (
    SELECT charge FROM same_charges GROUP BY charge
    HAVING count(*) > 2 OR max("timestamp") - min("timestamp") <= INTERVAL 48 HOUR)
)`,
    `customs AS (
  SELECT kind
  FROM (SELECT kind, count(*) AS pairs FROM spaced WHERE near GROUP BY kind) JOIN kinds USING (kind)
  WHERE payments >= ${CUSTOM.payments} AND pairs > ${CUSTOM.share} * payments
)`,
    `twice AS (
  SELECT row_id, CASE
    WHEN whole_days AND gap < INTERVAL 1 HOUR THEN 'charged again on the same day'
    WHEN whole_days THEN 'charged again the next day'
    WHEN gap < INTERVAL 1 HOUR THEN 'charged again within the hour'
    ELSE 'charged again after ' || round(epoch(gap) / 3600)::INTEGER || ' h' END AS reason
  FROM spaced JOIN (
    SELECT charge, count(*) AS charges, count(*) FILTER (WHERE near) AS close
    FROM spaced
    GROUP BY charge
  ) USING (charge)
  WHERE near AND (close = 1 OR close * 4 <= charges) AND kind NOT IN (SELECT kind FROM customs)
)`,
  ];
}
