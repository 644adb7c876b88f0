import type { ReportQuery, ReportRow, TotalMarks } from '../../analytics/columns.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { withKnownTransfers } from './knownTransfers.ts';

/** Rows of a report with their columns; `total` sums up all rows, `rowCount` counts them, beyond the limit too. */
export interface ReportTable extends Pick<ReportQuery, 'columns' | 'noun'> {
  readonly rows: readonly ReportRow[];
  readonly total: ReportRow | null;
  readonly rowCount: number;
}

/** The same where it costs nothing, because the statement is remembered; else null. */
export async function readKnownTable(
  reader: DuckDbReader,
  request: StatsRequest,
  build: (request: StatsRequest) => ReportQuery,
): Promise<ReportTable | null> {
  const { sql } = await withKnownTransfers(reader, request, build);
  return reader.knows?.(sql) === true ? readTable(reader, request, build) : null;
}

/** Runs one statement and sets its total row apart. */
export async function readTable(
  reader: DuckDbReader,
  request: StatsRequest,
  build: (request: StatsRequest) => ReportQuery,
): Promise<ReportTable> {
  const query = await withKnownTransfers(reader, request, build);
  const all = await reader.all<ReportRow & TotalMarks>(query.sql);
  const rows: ReportRow[] = [];
  let total: ReportRow | null = null;
  let rowCount = all.length;
  for (const { is_total, row_count, ...row } of all) {
    if (is_total === true) {
      total = row;
      rowCount = Number(row_count);
    } else rows.push(row);
  }
  return { columns: query.columns, noun: query.noun, rows, total, rowCount };
}
