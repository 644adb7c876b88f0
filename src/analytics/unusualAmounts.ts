/** The deviation of logarithms, from quartiles so that outliers do not hide themselves; half a percent is the least. */
export const DEVIATION = 'greatest((quartiles[3] - quartiles[1]) / 1.349, 0.05)';

/** So many deviations above the middle, and so many times it, is unusual for an account that often paid so. */
const OWN = { payments: 10, deviations: 3, times: 3 };
/** Beside fewer payments, one that is so many times the next largest and the middle. */
const ALONE = { payments: 4, next: 3, times: 5 };
/** Where an account hardly ever paid so, what all of the file paid counts; accounts differ, so it takes more. */
const ANYONE = { payments: 10, deviations: 3.5, times: 3 };
/** From so many payments of a kind on a share of them is worth something. */
const FEWEST_FOR_SHARES = 20;

/**
 * Table expressions of `unusual`: payments that are large for what is paid there. What is paid for (`subcategory`) tells kinds of payments
 * apart: a bank's fees and the cash that it hands out have one merchant. All by the logarithm.
 * - Of an account's own payments of that kind: far above them, and above nine of ten of everybody's;
 * - or exactly ten times the largest other one, as where a decimal point slipped, and that one is no round amount or is the usual one;
 * - where the account has fewer than four, and none near it: far above everybody's, and above 49 of 50 of them.
 * Measured by `npx tsx scripts/anomaly-accuracy.ts`: the shares cost next to no hits, and most of what was found wrongly.
 */
export function unusualExpressions(): string[] {
  const far = (size: string, { deviations, times }: typeof OWN): string =>
    `${size} > exp(middle + ${deviations} * deviation) AND ${size} > ${times} * exp(middle)`;
  const alone = (size: string): string =>
    `${size} > ${ALONE.next} * next_largest AND ${size} > ${ALONE.times} * exp(middle)`;
  const own = (size: string): string => `${size} > most_pay AND (payments >= ${OWN.payments} AND ${far(size, OWN)}
      OR payments >= ${ALONE.payments} AND ${alone(size)}) OR slipped AND ${size} > next_largest`;
  return [
    `kinds AS MATERIALIZED (
  SELECT hash(merchant, subcategory) AS kind, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75, 0.9, 0.98]) AS cash,
    count(*) AS payments, max(-normalized_amount, 2) AS largest_two
  FROM ledger
  WHERE normalized_amount < 0
  GROUP BY kind
)`,
    `own_kinds AS MATERIALIZED (
  SELECT hash(account_id, merchant, subcategory) AS own, any_value(hash(merchant, subcategory)) AS kind,
    quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash, count(*) AS payments, max(-normalized_amount, 2) AS largest_two
  FROM ledger
  WHERE normalized_amount < 0
  GROUP BY own
  HAVING count(*) > 1
)`,
    `own_usual AS (
  SELECT own, middle, deviation, next_largest, payments, slipped, most_pay
  FROM (
    SELECT own, o.payments, quartiles[2] AS middle, ${DEVIATION} AS deviation, o.largest_two[1]::DOUBLE AS largest,
      o.largest_two[2]::DOUBLE AS next_largest,
      o.largest_two[1] = 10 * o.largest_two[2] AND (o.largest_two[2] % 5 <> 0 OR o.payments > 2 AND o.cash[1] = o.largest_two[2]) AS slipped,
      CASE WHEN k.payments >= ${FEWEST_FOR_SHARES} THEN k.cash[4]::DOUBLE ELSE 0 END AS most_pay
    FROM (SELECT *, list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles FROM own_kinds) o JOIN kinds k USING (kind)
  )
  WHERE ${own('largest')}
)`,
    `kind_usual AS (
  SELECT kind, quartiles[2] AS middle, ${DEVIATION} AS deviation, (CASE WHEN payments < 50 THEN largest_two[2] ELSE cash[5] END)::DOUBLE AS nearly_all_pay
  FROM (SELECT *, list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles FROM kinds WHERE payments >= ${ANYONE.payments})
  WHERE ${far('largest_two[1]::DOUBLE', ANYONE)} AND largest_two[1] > nearly_all_pay
)`,
    `unusual AS (
  SELECT row_id, format('{:.1f} times the usual {:.2f}', size / usual, usual) AS reason
  FROM (
    SELECT row_id, size, exp(middle) AS usual
    FROM (SELECT row_id, hash(account_id, merchant, subcategory) AS own, -normalized_amount::DOUBLE AS size FROM ledger WHERE normalized_amount < 0)
      JOIN own_usual USING (own)
    WHERE ${own('size')}
    UNION ALL
    SELECT row_id, size, exp(middle)
    FROM (
      SELECT row_id, hash(merchant, subcategory) AS kind, hash(account_id, merchant, subcategory) AS own, -normalized_amount::DOUBLE AS size
      FROM ledger
      WHERE normalized_amount < 0
    ) JOIN kind_usual USING (kind) LEFT JOIN own_kinds o USING (own)
    WHERE ${far('size', ANYONE)} AND size > nearly_all_pay
      AND (o.payments IS NULL OR o.payments < ${ALONE.payments} AND size > ${ALONE.next} * o.largest_two[2])
  )
)`,
  ];
}
