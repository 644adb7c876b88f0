/** Types whose months can be partitions. */
const TIMES = ['TIMESTAMP', 'TIMESTAMPTZ', 'DATE'];

/** The unit of a table without months, and that of rows without a time. */
export const WHOLE = 'all';
export const NO_TIME = 'none';

/** The column by whose months a table is partitioned: `timestamp`, else the first of such a type; null without one. */
export function monthColumn<C extends { readonly name: string; readonly duckdbType: string }>(
  columns: readonly C[],
): C | null {
  const times = columns.filter(({ duckdbType }) => TIMES.includes(duckdbType));
  return times.find(({ name }) => name === 'timestamp') ?? times[0] ?? null;
}

/** SQL of the month of a time as Iceberg counts it: since January 1970. */
export function monthSql(column: string): string {
  return `((year(${column}) - 1970) * 12 + month(${column}) - 1)`;
}

/** `2024-03`, as folders are called; the number of the month where years have not four digits. */
export function unitOfMonth(month: number | null): string {
  if (month === null) return NO_TIME;
  const year = 1970 + Math.floor(month / 12);
  if (year < 1000 || year > 9999) return `m${month}`;
  return `${year}-${String((((month % 12) + 12) % 12) + 1).padStart(2, '0')}`;
}

/** The unit that a file belongs to: `data/UNIT/NAME.parquet`. */
export function unitOfKey(key: string): string {
  return key.split('/')[1] ?? '';
}

/** SQL of the first moment of a month, as a constant that DuckDB can compare with its statistics. */
export function monthStart(month: number, duckdbType: string): string {
  const days = daysBefore(month);
  if (duckdbType === 'DATE') return `(DATE '1970-01-01' + ${days})`;
  const micros = BigInt(days) * 86_400_000_000n;
  return `make_timestamp${duckdbType === 'TIMESTAMPTZ' ? 'tz' : ''}(${micros}::BIGINT)`;
}

/** Days from 1970-01-01 to the first of a month, in the Gregorian calendar without end. */
function daysBefore(month: number): number {
  const year = 1970 + Math.floor(month / 12);
  const inYear = ((month % 12) + 12) % 12;
  const years = year - 1;
  const leaps = (y: number): number => Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const isLeap = leaps(year) > leaps(years);
  const before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][inYear] ?? 0;
  return (year - 1970) * 365 + (leaps(years) - leaps(1969)) + before + (isLeap && inYear > 1 ? 1 : 0);
}
