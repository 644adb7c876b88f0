import { quoteLiteral } from '../model/identifier.ts';

/** `expression IN (…)`, and false, not NULL, for an empty list. */
export function isOneOf(expression: string, values: readonly string[]): string {
  return values.length === 0 ? 'false' : `${expression} IN (${values.map(quoteLiteral).join(', ')})`;
}

/** The exact sum of a DECIMAL column, zero for no rows. 28 digits are room for any sum of DECIMAL(15,2). */
export function exactSum(expression: string, scale: number, filter?: string): string {
  const condition = filter === undefined ? '' : ` FILTER (WHERE ${filter})`;
  return `coalesce(sum(${expression})${condition}, 0)::DECIMAL(${26 + scale}, ${scale})`;
}

/** `total / count` rounded half away from zero in whole numbers: DuckDB's own division would go through DOUBLE. */
export function exactAverage(total: string, count: string, scale: number): string {
  const digits = `(${total} * ${10 ** scale})::HUGEINT`;
  const unit = scale === 0 ? '1' : `${(10 ** -scale).toFixed(scale)}::DECIMAL(${scale + 1}, ${scale})`;
  return `((${digits} * 2 + sign(${total})::HUGEINT * ${count}) // nullif(2 * ${count}, 0))::DECIMAL(28, 0) * ${unit}`;
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
