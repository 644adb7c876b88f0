import type { ReportCell, ReportColumn, ReportRow, SeriesPoint } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { ColumnKind, ResultColumn } from '../../model/resultColumn.ts';
import { csvWriter } from '../csv.ts';
import { markdownWriter } from '../markdown.ts';
import { withSampleColumn } from '../sampleColumn.ts';

/**
 * The rows as CSV or a Markdown table, with exact plain numbers; a series becomes a column per interval. Without
 * the total: programs add up rows.
 * @param sample whether a column says that the data is invented
 */
export function separatedText(
  table: ReportTable,
  format: 'csv' | 'markdown',
  intervals: readonly string[],
  sample = false,
): string {
  const fields = table.columns.flatMap((column) => fieldsOf(column, intervals));
  const columns: ResultColumn[] = fields.map(({ name, kind }) => ({ name, type: '', kind }));
  const plainWriter = format === 'csv' ? csvWriter() : markdownWriter();
  const writer = sample ? withSampleColumn(plainWriter) : plainWriter;
  const chunk = {
    rowCount: table.rows.length,
    columns: fields.map(({ text }) => table.rows.map(text)),
  };
  const rows = chunk.rowCount === 0 ? '' : writer.rows(chunk);
  return writer.open() + writer.begin(columns) + rows + writer.end() + writer.close();
}

interface Field {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly text: (row: ReportRow) => string | null;
}

function fieldsOf(column: ReportColumn, intervals: readonly string[]): Field[] {
  if (column.kind === 'series')
    return intervals.map((interval) => ({
      name: interval,
      kind: 'number',
      text: (row) => points(row[column.key]).find(({ period }) => period === interval)?.amount ?? '0',
    }));
  return [{ name: column.key, kind: kindOf(column), text: (row) => plain(row[column.key]) }];
}

function kindOf({ kind }: ReportColumn): ColumnKind {
  if (kind === 'text' || kind === 'series') return 'text';
  if (kind === 'date') return 'time';
  return kind === 'flag' ? 'boolean' : 'number';
}

function points(cell: ReportCell | undefined): readonly SeriesPoint[] {
  return typeof cell === 'object' && cell !== null ? cell : [];
}

function plain(cell: ReportCell | undefined): string | null {
  return cell === null || cell === undefined || typeof cell === 'object' ? null : String(cell);
}
