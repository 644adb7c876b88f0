import { quoteLiteral } from '../model/identifier.ts';

/** `expression IN (…)`, and false, not NULL, for an empty list. */
export function isOneOf(expression: string, values: readonly string[]): string {
  return values.length === 0 ? 'false' : `${expression} IN (${values.map(quoteLiteral).join(', ')})`;
}

/** The digits that DuckDB's DECIMAL has at most. */
export const MOST_DIGITS = 38;
/** An average is rounded to so many digits after the point at most. */
const AVERAGE_DIGITS = 8;

/** The type of sums: 26 digits before the point are room for any sum of DECIMAL(15,2), and a scale of 13 leaves 25. */
export function sumType(scale: number): string {
  return `DECIMAL(${Math.min(MOST_DIGITS, 26 + scale)}, ${scale})`;
}

export interface SumOptions {
  /** A condition on the rows that are added up. */
  readonly filter?: string;
  /** A window, for sums up to each row: `ORDER BY period`. */
  readonly over?: string;
}

/** The exact sum of a DECIMAL column, zero for no rows. A sum too large for its type is an error, never rounded. */
export function exactSum(expression: string, scale: number, { filter, over }: SumOptions = {}): string {
  const condition = filter === undefined ? '' : ` FILTER (WHERE ${filter})`;
  const window = over === undefined ? '' : ` OVER (${over})`;
  return `coalesce(sum(${expression})${condition}${window}, 0)::${sumType(scale)}`;
}

/**
 * `total / count` rounded half away from zero in whole numbers: DuckDB's own division would go through DOUBLE. Rounded once, to
 * the scale of the total or eight digits.
 */
export function exactAverage(total: string, count: string, scale: number): string {
  const kept = Math.min(scale, AVERAGE_DIGITS);
  // Multiplying a long decimal would overflow: its digits are there to be read.
  const digits =
    scale > kept ? `replace((${total})::VARCHAR, '.', '')::HUGEINT` : `(${total} * ${10 ** scale})::HUGEINT`;
  const parts = scale > kept ? `(${count} * ${10n ** BigInt(scale - kept)}::HUGEINT)` : count;
  const unit = kept === 0 ? '1' : `${(10 ** -kept).toFixed(kept)}::DECIMAL(${kept + 1}, ${kept})`;
  return `((${digits} * 2 + sign(${total})::HUGEINT * ${parts}) // nullif(2 * ${parts}, 0))::DECIMAL(28, 0) * ${unit}`;
}

/** What a total is of all totals of its sign in the result: a ratio rounded to four digits. */
export function shareOfSign(total: string): string {
  return `round(${total}::DOUBLE / nullif(CASE WHEN ${total} < 0
      THEN sum(${total}) FILTER (WHERE ${total} < 0) OVER ()
      ELSE sum(${total}) FILTER (WHERE ${total} > 0) OVER () END, 0)::DOUBLE, 4)`;
}

export function limitClause(limit: number | null): string {
  return limit === null ? '' : `\nLIMIT ${limit}`;
}

/** Indents the lines of a statement, so that what `--sql` prints can be read. */
export function indented(sql: string, spaces = 2): string {
  return sql
    .split('\n')
    .map((line) => (line === '' ? line : ' '.repeat(spaces) + line))
    .join('\n');
}
