import { type BothSides, canonicalValue, type PostgresDialect } from './canonical.ts';
import { quoteIdentifier } from './identifier.ts';
import type { ColumnMapping } from './typeMapping.ts';

/** One number or text about a whole column, computed alike by both databases; compared as text. */
export interface QuickCheck extends BothSides {
  readonly column: string;
  /** `count`, `sum`, `min`, `max`, `true`, `octets`. */
  readonly what: string;
}

/** Counts of values, exact sums, minima and maxima of a column. Floats have no sum: it depends on the order of adding. */
export function quickChecks(column: ColumnMapping, { encoding }: Pick<PostgresDialect, 'encoding'>): QuickCheck[] {
  const x = quoteIdentifier(column.name);
  const check = (what: string, postgres: string, duckdb: string): QuickCheck => ({
    column: column.name,
    what,
    postgres: `(${postgres})::text`,
    duckdb: `(${duckdb})::VARCHAR`,
  });
  const value = canonicalValue(column, x, x);
  const count = check('count', `count(${x})`, `count(${x})`);
  const ends = (['min', 'max'] as const).map((what) => {
    const least = withoutSignOfZero(column, `${what}(${x})`);
    const end = canonicalValue(column, least, least);
    return check(what, end.postgres, end.duckdb);
  });
  // Octets are those of UTF-8; in other encodings they may even be in another order.
  const utf8 = encoding === 'UTF8' || encoding === 'SQL_ASCII';
  const textEnds = (utf8 ? (['min', 'max'] as const) : []).map((what) =>
    check(what, `${what}(${value.postgres} COLLATE "C")`, `${what}(${value.duckdb})`),
  );
  const octetLength = utf8 ? `octet_length(${value.postgres})` : `octet_length(convert_to(${value.postgres}, 'UTF8'))`;
  const octets = check('octets', `sum(${octetLength})`, `sum(strlen(${value.duckdb}))`);
  switch (column.family) {
    case 'boolean':
      return [count, check('true', `count(*) FILTER (WHERE ${x})`, `count(*) FILTER (WHERE ${x})`)];
    case 'integer':
      return [count, check('sum', `sum(${x}::numeric)`, `sum(${x}::HUGEINT)`), ...ends];
    case 'decimal':
      return [count, ...(mayOverflow(column) ? [] : [check('sum', `sum(${x})`, `sum(${x})`)]), ...ends];
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'float4':
    case 'float8':
      return [count, ...ends];
    case 'text':
    case 'uuid':
    case 'timetz':
    case 'json':
      return [count, octets, ...textEnds];
    default:
      return [count, octets];
  }
}

/** Of 0 and -0, which are equal, the databases take now one and now the other for the least or greatest. */
function withoutSignOfZero({ family }: ColumnMapping, value: string): string {
  return family === 'float4' || family === 'float8' ? `CASE WHEN ${value} = 0 THEN 0 ELSE ${value} END` : value;
}

/** DuckDB adds decimals in 38 digits: those of up to 28 leave room for ten billion rows. */
function mayOverflow(column: ColumnMapping): boolean {
  const width = /^DECIMAL\((\d+),/.exec(column.duckdbType)?.[1];
  return Number(width) > 28;
}
