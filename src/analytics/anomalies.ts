import type { ReportQuery } from './columns.ts';
import { filterConditions, periodConditions, whereClause } from './filters.ts';
import { withClause } from './ledger.ts';
import { PAYEE, seriesExpressions } from './recurring.ts';
import type { StatsRequest } from './request.ts';
import { indented, limitClause } from './sql.ts';
import { mayHoldTransfers, transferExpressions } from './transfers.ts';

export type AnomalyKind = 'unusual amount' | 'charged twice' | 'first time, large' | 'price change';

export type AnomalyRow = {
  readonly date: string;
  readonly merchant: string;
  readonly amount: string;
  readonly kind: AnomalyKind;
  readonly reason: string;
  readonly account_id: string | null;
  readonly tx_id: string | null;
};

const DEFAULT_LIMIT = 20;
/** A robust z-score beyond this is unusual. */
const UNUSUAL = 4;
const LARGE = 2.5;

/**
 * Transactions that deserve a look, newest first, each with its reason:
 * - unusual amount: far from the merchant's usual ones, by the robust z-score of the logarithm (quartiles in the place of
 *   deviation, so that outliers do not hide themselves);
 * - charged twice: the same amount at the same merchant and account within 48 hours, where that is not the habit;
 * - first time, large: the first payment ever to a merchant, large for its category;
 * - price change: something recurring that costs more than before.
 * What is usual is learnt from all rows up to the end of the period; shown are those of the period.
 */
export function anomaliesReport(request: StatsRequest): ReportQuery {
  const { source, file, period, calendar } = request;
  const without = !request.withTransfers && mayHoldTransfers(request.vocabulary);
  const history = { ...period, from: null };
  const conditions = [
    'normalized_amount <> 0',
    ...periodConditions(history),
    ...filterConditions(request.filters, request.vocabulary),
    ...(without ? ['rowid NOT IN (SELECT row_id FROM transfer_legs)'] : []),
  ];
  const rows = `FROM ${source.table}${whereClause(conditions)}`;
  const spent = `FROM ${source.table}${whereClause(['normalized_amount < 0', ...conditions.slice(1)])}`;
  const until = [calendar.today, file?.to, period.to].filter((day) => day !== null && day !== undefined).sort()[0];
  const shown = periodConditions(period).map((condition) => condition.replace('"timestamp"', 't."timestamp"'));
  const sql = `${withClause([
    ...(without ? transferExpressions({ ...request, period: history }, []) : []),
    ...seriesExpressions(rows, `DATE '${until ?? calendar.today}'`, source.scale),
    ...unusualExpressions(spent),
    ...twiceExpressions(spent),
    ...firstExpressions(spent),
    `found AS (
  SELECT row_id, 'unusual amount' AS kind, reason FROM unusual
  UNION ALL SELECT row_id, 'charged twice', reason FROM twice
  UNION ALL SELECT row_id, 'first time, large', reason FROM first_large
)`,
    `anomalies AS MATERIALIZED (
  SELECT t."timestamp"::DATE AS date, t.merchant, t.normalized_amount AS amount, kind, reason, t.account_id, t.tx_id
  FROM found JOIN ${source.table} AS t ON t.rowid = row_id${indented(whereClause(shown))}
  UNION ALL
  SELECT changed_on, merchant, amount, 'price change', 'up from ' || abs(price_before) || ', ' || cadence,
    account_id, NULL
  FROM recurring
  WHERE type = 'fixed' AND abs(amount) > abs(price_before)${period.from === null ? '' : ` AND changed_on >= DATE '${period.from}'`}
)`,
  ])}(
  SELECT date, merchant, amount, kind, reason, account_id, tx_id, false AS is_total, NULL AS row_count
  FROM anomalies
  ORDER BY ${request.sort === 'amount' ? 'amount, ' : ''}date DESC, tx_id, merchant, kind${indented(limitClause(request.limit ?? DEFAULT_LIMIT))}
)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, count(*)
FROM anomalies`;
  return {
    sql,
    noun: 'unusual transaction',
    columns: [
      { key: 'date', title: 'Date', kind: 'date' },
      { key: 'merchant', title: 'Merchant', kind: 'text' },
      { key: 'amount', title: 'Amount', kind: 'money' },
      { key: 'kind', title: 'What', kind: 'text', whole: true, spare: 1 },
      { key: 'reason', title: 'Why', kind: 'text', wide: true },
      { key: 'account_id', title: 'Account', kind: 'text', spare: 2 },
      { key: 'tx_id', title: 'Transaction', kind: 'text', spare: 3 },
    ],
  };
}

/** Quartiles of the logarithm, per merchant with ten payments or more; half a percent is the least deviation. */
function unusualExpressions(spent: string): string[] {
  return [
    `merchant_usual AS (
  SELECT merchant, quartiles[2] AS middle, greatest((quartiles[3] - quartiles[1]) / 1.349, 0.05) AS deviation, payments
  FROM (
    SELECT merchant, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash, count(*) AS payments,
      list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles
${indented(spent, 4)}
    GROUP BY merchant
    HAVING count(*) >= 10
  )
)`,
    `unusual AS (
  SELECT row_id, format('{:.1f} times the usual {:.2f}', size / exp(middle), exp(middle)) AS reason
  FROM (SELECT rowid AS row_id, merchant, -normalized_amount::DOUBLE AS size
${indented(spent, 4)}
  ) JOIN merchant_usual USING (merchant)
  WHERE size > exp(middle + ${UNUSUAL} * deviation) AND size > 2 * exp(middle)
)`,
  ];
}

/** Habits, such as two bus tickets a day, are told by how often the same happens: more than a quarter of the time. */
function twiceExpressions(spent: string): string[] {
  return [
    `spaced AS MATERIALIZED (
  SELECT row_id, account_id, merchant, normalized_amount, "timestamp" - lag("timestamp") OVER w AS gap
  FROM (
    SELECT rowid AS row_id, account_id, merchant, normalized_amount, "timestamp"
${indented(spent, 4)}
      AND hash(account_id, ${PAYEE}, normalized_amount) IN (SELECT key FROM repeated)
  )
  WINDOW w AS (PARTITION BY account_id, merchant, normalized_amount ORDER BY "timestamp", row_id)
)`,
    `twice AS (
  SELECT row_id, CASE WHEN gap < INTERVAL 1 HOUR THEN 'charged again within the hour'
    ELSE 'charged again after ' || round(epoch(gap) / 3600)::INTEGER || ' h' END AS reason
  FROM spaced
  WINDOW w AS (PARTITION BY account_id, merchant, normalized_amount)
  QUALIFY gap <= INTERVAL 48 HOUR AND (
    count(*) FILTER (WHERE gap <= INTERVAL 48 HOUR) OVER w = 1
    OR count(*) FILTER (WHERE gap <= INTERVAL 48 HOUR) OVER w * 4 <= count(*) OVER w)
)`,
  ];
}

/** Only where the file reaches back 90 days: at its beginning everything is new. */
function firstExpressions(spent: string): string[] {
  return [
    `category_usual AS (
  SELECT category, quartiles[2] AS middle, greatest((quartiles[3] - quartiles[1]) / 1.349, 0.05) AS deviation
  FROM (
    SELECT category, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash,
      list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles
${indented(spent, 4)}
    GROUP BY category
    HAVING count(*) >= 20
  )
)`,
    `first_rows AS (
  SELECT merchant, min(epoch_us("timestamp")) AS us, min_by(rowid, ("timestamp", rowid)) AS row_id,
    min_by(category, ("timestamp", rowid)) AS category, min_by(-normalized_amount, ("timestamp", rowid))::DOUBLE AS size
${indented(spent)}
  GROUP BY merchant
)`,
    `first_large AS (
  SELECT row_id, format('first time, {:.1f} times usual in {}', size / exp(middle), category) AS reason
  FROM first_rows JOIN category_usual USING (category)
  WHERE size > exp(middle + ${LARGE} * deviation) AND size > 3 * exp(middle)
    AND us > (SELECT min(us) FROM first_rows) + 90 * 86400000000::BIGINT
)`,
  ];
}
