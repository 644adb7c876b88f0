/** What the comment of a PostgreSQL table says as long as `init` has put sample rows into it. */
export const SAMPLE_MARK = 'finance-db sample data: generated rows, not real transactions';

/** The `tx_id` of sample rows, as a regular expression that PostgreSQL and DuckDB read alike; no bank's ids look so. */
export const SAMPLE_ID_PATTERN = '^hh-[0-9]{8}$';
export const SAMPLE_ID_COLUMN = 'tx_id';
export const SAMPLE_ID_PREFIX = 'hh-';

/** A synced table that holds sample rows, alone or among real ones. */
export interface SampleTable {
  readonly table: string;
  readonly sampleRows: number;
  readonly rows: number;
}

/** A comment with the mark, after whatever it says already. */
export function withSampleMark(comment: string | null): string {
  const other = withoutSampleMark(comment);
  return other === null ? SAMPLE_MARK : `${other}\n${SAMPLE_MARK}`;
}

/** A comment without the mark; null when nothing is left. */
export function withoutSampleMark(comment: string | null): string | null {
  const lines = (comment ?? '').split('\n').filter((line) => line !== SAMPLE_MARK);
  return lines.join('\n') === '' ? null : lines.join('\n');
}
