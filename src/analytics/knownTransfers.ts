import type { KnownTransfers, StatsRequest } from './request.ts';
import { legCondition, mayHoldTransfers, transferExpressions } from './transfers.ts';

/** What `knownTransfersSql` gives. */
export type TransferRows = { readonly legs: readonly string[] | null; readonly others: readonly string[] | null };

/** More ids than this are slower to read in a statement than to be found again. */
const MOST_LISTED = 5000;

const UNPAIRED = 'SELECT row_id FROM transfer_candidates WHERE row_id NOT IN (SELECT row_id FROM transfer_legs)';

/** One row of TransferRows: which rows of the request's period and a few days around it are transfers. */
export function knownTransfersSql(request: StatsRequest): string {
  const listed = (rows: string): string => `(SELECT list(row_id) FROM (${rows} LIMIT ${MOST_LISTED + 1}))`;
  return `WITH ${transferExpressions(request, []).join(',\n')}
SELECT ${listed('SELECT row_id FROM transfer_legs')} AS legs,
  ${listed(UNPAIRED)} AS others`;
}

export function readKnownTransfers({ legs, others }: TransferRows): KnownTransfers {
  // A list of nothing is NULL.
  const short = (ids: readonly string[] | null): readonly string[] | null =>
    ids === null ? [] : ids.length > MOST_LISTED ? null : ids;
  return { legs: short(legs), others: short(others) };
}

/**
 * What a report leaves out as transfers, as conditions on rows of the table: those that `plain` is true for could not be
 * a leg, those that `others` is true for could and are none. Null for `plain`: all rows are kept; for `others`: there are
 * none of these.
 */
export interface WithoutTransfers {
  readonly plain: string | null;
  readonly others: string | null;
}

/** @returns null where it is not known, or too much of it */
export function withoutKnownTransfers(request: StatsRequest): WithoutTransfers | null {
  const known = request.knownTransfers?.(knownTransfersSql(request));
  if (known == null) return null;
  const { legs, others } = known;
  if (legs?.length === 0) return { plain: null, others: null };
  const leg = legCondition(request.vocabulary);
  const plain = `${leg} IS NOT TRUE`;
  if (others !== null && (legs === null || others.length <= legs.length))
    return { plain, others: others.length === 0 ? null : `rowid IN (${others.join(', ')})` };
  return legs === null ? null : { plain, others: `${leg} AND rowid NOT IN (${legs.join(', ')})` };
}

/** The same for any request; `expressions` are table expressions that the conditions read, and cost a search for transfers. */
export function withoutTransfers(
  request: StatsRequest,
): WithoutTransfers & { readonly expressions: readonly string[] } {
  if (request.withTransfers || !mayHoldTransfers(request.vocabulary))
    return { expressions: [], plain: null, others: null };
  const known = withoutKnownTransfers(request);
  if (known !== null) return { expressions: [], ...known };
  return {
    expressions: transferExpressions(request, []),
    plain: `${legCondition(request.vocabulary)} IS NOT TRUE`,
    others: `rowid IN (${UNPAIRED})`,
  };
}
