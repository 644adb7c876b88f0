import { filterConditions, periodConditions, whereClause } from './filters.ts';
import type { StatsRequest } from './request.ts';
import { exactSum } from './sql.ts';

/** What lies within the period and filters, transfers included. */
export type ScopeRow = {
  readonly rows: string;
  readonly accounts: string;
  /** Rows without a normalized amount: counted in every report, but in no sum. */
  readonly not_normalized: string;
  readonly first: string | null;
  readonly last: string | null;
};

export function scopeSql(request: StatsRequest): string {
  return `SELECT count(*) AS rows, count(DISTINCT account_id) AS accounts,
  count(*) - count(normalized_amount) AS not_normalized,
  min("timestamp")::DATE AS first, max("timestamp")::DATE AS last
FROM ${request.source.table}${within(request)}`;
}

/** One row with `not_normalized` alone, for pages that need nothing else of it. */
export function notNormalizedSql(request: StatsRequest): string {
  return `SELECT count(*) - count(normalized_amount) AS not_normalized FROM ${request.source.table}${within(request)}`;
}

function within({ period, filters, vocabulary }: StatsRequest): string {
  return whereClause([...periodConditions(period), ...filterConditions(filters, vocabulary)]);
}

/** Rows within the filters that the report leaves out because of their day, each kind with what it adds up to. */
export type ApartRow = {
  readonly undated: string;
  readonly undated_amount: string;
  readonly future: string;
  readonly future_amount: string;
  readonly future_first: string | null;
  readonly future_last: string | null;
};

/** One row of ApartRow: without a day that can be named, and after `until`. */
export function apartSql({ source, filters, vocabulary }: StatsRequest, until: string): string {
  const undated = '"timestamp" IS NULL';
  const future = `"timestamp" >= TIMESTAMP '${until}' + INTERVAL 1 DAY`;
  const sum = (filter: string): string => exactSum('normalized_amount', source.scale, { filter });
  return `SELECT count(*) FILTER (WHERE ${undated}) AS undated, ${sum(undated)} AS undated_amount,
  count(*) FILTER (WHERE ${future}) AS future, ${sum(future)} AS future_amount,
  min("timestamp") FILTER (WHERE ${future})::DATE AS future_first, max("timestamp") FILTER (WHERE ${future})::DATE AS future_last
FROM ${source.whole}${whereClause(filterConditions(filters, vocabulary))}`;
}
