import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';

/** The rows of a report as a SELECT of constants: what was worked out beyond SQL cannot be asked of the file again. */
export function tableSql({ columns, rows }: Pick<ReportTable, 'columns' | 'rows'>): string {
  const types = columns.map((column) => typeOf(column, rows));
  const line = (row: ReportRow): string =>
    columns.map(({ key }, index) => `CAST(${constant(row[key])} AS ${types[index]})`).join(', ');
  const names = columns.map(({ key }) => quoteIdentifier(key)).join(', ');
  const none = columns.map((_, index) => `CAST(NULL AS ${types[index]})`).join(', ');
  return rows.length === 0
    ? `SELECT * FROM (VALUES (${none})) AS report(${names}) WHERE false`
    : `SELECT * FROM (VALUES ${rows.map((row) => `(${line(row)})`).join(', ')}) AS report(${names})`;
}

function constant(value: ReportRow[string] | undefined): string {
  return value === null || value === undefined ? 'NULL' : quoteLiteral(String(value));
}

/** Amounts keep all digits that they have. */
function typeOf({ key, kind }: ReportColumn, rows: readonly ReportRow[]): string {
  if (kind === 'count') return 'BIGINT';
  if (kind === 'share' || kind === 'number') return 'DOUBLE';
  if (kind !== 'money' && kind !== 'amount') return 'VARCHAR';
  const scale = Math.max(2, ...rows.map((row) => String(row[key] ?? '').split('.')[1]?.length ?? 0));
  return `DECIMAL(38, ${scale})`;
}
