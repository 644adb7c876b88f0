import { filterConditions, periodConditions, whereClause } from './filters.ts';
import type { StatsRequest } from './request.ts';

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
  const conditions = [...periodConditions(request.period), ...filterConditions(request.filters, request.vocabulary)];
  return `SELECT count(*) AS rows, count(DISTINCT account_id) AS accounts,
  count(*) - count(normalized_amount) AS not_normalized,
  min("timestamp")::DATE AS first, max("timestamp")::DATE AS last
FROM ${request.source.table}${whereClause(conditions)}`;
}

/** The first and last day of the whole table. */
export type TableSpan = { readonly first: string | null; readonly last: string | null };

export function tableSpanSql(table: string): string {
  return `SELECT min("timestamp")::DATE AS first, max("timestamp")::DATE AS last FROM ${table}`;
}
