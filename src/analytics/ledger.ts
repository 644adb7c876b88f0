import { filterColumns, filterConditions, periodConditions, whereClause } from './filters.ts';
import { type WithoutTransfers, withoutKnownTransfers } from './knownTransfers.ts';
import type { StatsRequest } from './request.ts';
import { indented } from './sql.ts';
import { legCondition, mayHoldTransfers, transferExpressions } from './transfers.ts';

type Kept = 'MATERIALIZED' | 'NOT MATERIALIZED';

export interface LedgerOptions {
  /** Takes another period than the request's. */
  readonly period?: StatsRequest['period'];
  /** Conditions beside the period and the filters, on `normalized_amount`. */
  readonly conditions?: readonly string[];
  /** Columns computed from those asked for: `expression AS name`. */
  readonly computed?: readonly string[];
  /** It is read in very many passes: rows of a lake are better kept for them. */
  readonly often?: boolean;
}

/**
 * Table expressions that end in `ledger`: the filtered rows without transfers between own accounts, with `row_id`,
 * "timestamp", `normalized_amount` and the columns asked for.
 */
export function ledgerExpressions(
  given: StatsRequest,
  columns: readonly string[],
  options: LedgerOptions = {},
): string[] {
  const request = options.period === undefined ? given : { ...given, period: options.period };
  const conditions = [
    ...(options.conditions ?? []),
    ...periodConditions(request.period),
    ...filterConditions(request.filters, request.vocabulary),
  ];
  const selected = [...columns, ...(options.computed ?? [])];
  const without = !request.withTransfers && mayHoldTransfers(request.vocabulary);
  const how = options.often === true && request.source.ofLake === true ? 'MATERIALIZED' : 'NOT MATERIALIZED';
  if (!without) return [ledgerExpression(request.source.table, selected, conditions, null, how)];
  const known = withoutKnownTransfers(request);
  if (known !== null) return [knownLedgerExpression(request.source.table, selected, conditions, known, how)];
  return [
    ...transferExpressions(request, [...columns, ...filterColumns(request.filters)]),
    ledgerExpression(request.source.table, selected, conditions, legCondition(request.vocabulary), how),
  ];
}

/**
 * Only rows that could be a leg of a transfer are looked up among the legs, in a branch of their own: at 5 million rows a
 * look-up of each takes longer than the sums. Read in several passes, so not materialised but where passes are dear and many.
 * @param leg the condition that `transfer_candidates` was made with; null keeps transfers
 */
export function ledgerExpression(
  table: string,
  columns: readonly string[],
  conditions: readonly string[],
  leg: string | null,
  how: Kept = 'NOT MATERIALIZED',
): string {
  const listed = [...new Set(['"timestamp"', 'normalized_amount', ...columns])].join(', ');
  const rows = `SELECT rowid AS row_id, ${listed}
FROM ${table}${whereClause(leg === null ? conditions : [...conditions, `${leg} IS NOT TRUE`])}`;
  const candidates = `SELECT row_id, ${listed}
FROM transfer_candidates${whereClause([...conditions, 'row_id NOT IN (SELECT row_id FROM transfer_legs)'])}`;
  return `ledger AS ${how} (
${indented(leg === null ? rows : `${rows}\nUNION ALL\n${candidates}`)}
)`;
}

/** The same ledger where it is known which rows are transfers: then the table alone is read. */
function knownLedgerExpression(
  table: string,
  columns: readonly string[],
  conditions: readonly string[],
  { plain, others }: WithoutTransfers,
  how: Kept,
): string {
  const listed = [...new Set(['"timestamp"', 'normalized_amount', ...columns])].join(', ');
  const rows = (condition: string | null): string => `SELECT rowid AS row_id, ${listed}
FROM ${table}${whereClause(condition === null ? conditions : [...conditions, condition])}`;
  return `ledger AS ${how} (
${indented(others === null ? rows(plain) : `${rows(plain)}\nUNION ALL\n${rows(others)}`)}
)`;
}

/** `WITH a, b` in front of a statement, or nothing. */
export function withClause(expressions: readonly string[]): string {
  return expressions.length === 0 ? '' : `WITH ${expressions.join(',\n')}\n`;
}
