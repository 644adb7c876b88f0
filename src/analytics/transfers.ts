import { periodConditions, whereClause } from './filters.ts';
import type { StatsRequest } from './request.ts';
import { indented, isOneOf } from './sql.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The two legs of a transfer lie at most so many days apart. */
export const TRANSFER_DAYS = 5;

/** Whether anything in this file could be a transfer at all. */
export function mayHoldTransfers(vocabulary: Vocabulary): boolean {
  return vocabulary.transfer.length > 0 || vocabulary.hasQuietRows;
}

/**
 * A condition on rows that may be a leg of a transfer between own accounts. An opposite amount in another account is no
 * evidence by itself where a file holds the accounts of many people, so the row has to say so: its category names
 * transfers; or the category says little and the subcategory or channel names them; or there is no category and no
 * merchant code at all. A row with a category of its own (Income, Housing) was judged by someone already.
 */
export function legCondition(vocabulary: Vocabulary): string {
  const quiet = [...vocabulary.blank, ...vocabulary.vague];
  const conditions = [
    ...(vocabulary.transfer.length > 0 ? [isOneOf('category', vocabulary.transfer)] : []),
    ...(vocabulary.hasQuietRows
      ? [
          `((category IS NULL OR ${isOneOf('category', quiet)})
    AND (contains(lower(subcategory), 'transfer') OR contains(lower(channel), 'transfer')
      OR ((category IS NULL OR ${isOneOf('category', vocabulary.blank)}) AND coalesce(mcc, '') = '')))`,
        ]
      : []),
  ];
  return conditions.length === 0 ? 'false' : `(${conditions.join('\n    OR ')})`;
}

/**
 * Common table expressions that end in `transfer_legs`: the rows, by `row_id`, of all transfers between own accounts.
 * A leg out and a leg in of the same size in different accounts form a pair; each leg is matched at most once:
 * 1. legs of the same day, the first out with the first in, the second with the second …;
 * 2. of the rest, legs of one size that follow each other within five days, in the same manner;
 * 3. of the rest, a leg out and a leg in that are each other's nearest.
 * The first two need sorting alone, so that a thousand equal transfers on one day do not meet a thousand others. Two legs
 * of a size that comes just twice, or just twice on a day, are a pair without any sorting, which most are.
 *
 * Legs are looked for a few days around the period and regardless of the other filters: the other leg is in another account.
 * @param columns columns of the table that `transfer_candidates` shall carry beside its own
 */
export function transferExpressions(
  request: StatsRequest,
  columns: readonly string[],
  condition = legCondition(request.vocabulary),
): string[] {
  const { source, period } = request;
  const conditions = [condition, ...periodConditions(period, TRANSFER_DAYS)];
  const carried = [...new Set(['account_id', '"timestamp"', 'normalized_amount', ...columns])];
  return [
    `transfer_candidates AS MATERIALIZED (
${indented(`SELECT rowid AS row_id, "timestamp"::DATE AS day, abs(normalized_amount) AS size, ${carried.join(', ')}
FROM ${source.table}${whereClause(conditions)}`)}
)`,
    countPass('transfer_sizes', 'transfer_candidates\n  WHERE size > 0', 'size'),
    `crowded AS MATERIALIZED (
  FROM transfer_candidates
  WHERE size IN (SELECT size FROM transfer_sizes WHERE legs > 2)
)`,
    countPass('crowded_days', 'crowded', 'size, day'),
    rankPass('same_day', '(FROM crowded SEMI JOIN (FROM crowded_days WHERE legs > 2) USING (size, day))', 'day'),
    `transfer_rest AS MATERIALIZED (
  SELECT *, sum((coalesce(gap, 0) > ${TRANSFER_DAYS})::INTEGER) OVER (
      PARTITION BY size ORDER BY "timestamp", row_id ROWS UNBOUNDED PRECEDING
    ) AS cluster
  FROM (
    SELECT *, day - lag(day) OVER (PARTITION BY size ORDER BY "timestamp", row_id) AS gap
    FROM crowded
    WHERE row_id NOT IN (
      SELECT unnest([leg_a, leg_b]) FROM crowded_days WHERE pair
      UNION ALL SELECT unnest([leg_a, leg_b]) FROM same_day
    )
  )
)`,
    rankPass('same_cluster', 'transfer_rest', 'cluster'),
    `nearest AS (
  SELECT o.row_id AS leg_out, i.row_id AS leg_in,
    min_by(i.row_id, (abs(epoch_us(i."timestamp") - epoch_us(o."timestamp")), i.row_id)) OVER (PARTITION BY o.row_id) AS best_in,
    min_by(o.row_id, (abs(epoch_us(i."timestamp") - epoch_us(o."timestamp")), o.row_id)) OVER (PARTITION BY i.row_id) AS best_out
  FROM (FROM transfer_rest WHERE row_id NOT IN (SELECT unnest([leg_a, leg_b]) FROM same_cluster)) AS o
  JOIN (FROM transfer_rest WHERE row_id NOT IN (SELECT unnest([leg_a, leg_b]) FROM same_cluster)) AS i
    ON i.size = o.size AND i.cluster = o.cluster AND i.account_id <> o.account_id
    AND abs(i.day - o.day) <= ${TRANSFER_DAYS}
  WHERE o.normalized_amount < 0 AND i.normalized_amount > 0
)`,
    `transfer_legs AS MATERIALIZED (
  SELECT unnest([leg_a, leg_b]) AS row_id FROM transfer_sizes WHERE pair
  UNION ALL SELECT unnest([leg_a, leg_b]) FROM crowded_days WHERE pair
  UNION ALL SELECT unnest([leg_a, leg_b]) FROM same_day
  UNION ALL SELECT unnest([leg_a, leg_b]) FROM same_cluster
  UNION ALL SELECT unnest([leg_out, leg_in]) FROM nearest WHERE leg_in = best_in AND leg_out = best_out
)`,
  ];
}

const IN_DIFFERENT_ACCOUNTS = `min(account_id) <> max(account_id) AND max(day) - min(day) <= ${TRANSFER_DAYS}`;

/** Counts the legs of each group; two, one out and one in, are a pair. */
function countPass(name: string, source: string, group: string): string {
  return `${name} AS MATERIALIZED (
  SELECT ${group}, count(*) AS legs, min(row_id) AS leg_a, max(row_id) AS leg_b,
    legs = 2 AND min(normalized_amount) < 0 AND max(normalized_amount) > 0
      AND ${IN_DIFFERENT_ACCOUNTS} AS pair
  FROM ${source}
  GROUP BY ${group}
  HAVING count(*) > 1
)`;
}

/** Pairs the n-th leg out with the n-th leg in of one size and group. */
function rankPass(name: string, source: string, group: string): string {
  return `${name} AS MATERIALIZED (
  SELECT min(row_id) AS leg_a, max(row_id) AS leg_b
  FROM (
    SELECT *, row_number() OVER (
      PARTITION BY size, ${group}, normalized_amount > 0 ORDER BY "timestamp", row_id
    ) AS place
    FROM ${source}
  )
  GROUP BY size, ${group}, place
  HAVING count(*) = 2 AND ${IN_DIFFERENT_ACCOUNTS}
)`;
}
