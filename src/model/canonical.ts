import { quoteIdentifier } from './identifier.ts';
import { type ColumnMapping, type ElementMapping, isPlainText, type TypeFamily } from './typeMapping.ts';

/** The same thing as SQL for each database. */
export interface BothSides {
  readonly postgres: string;
  readonly duckdb: string;
}

/** What the PostgreSQL server is able to do. */
export interface PostgresDialect {
  /** server_version_num, such as 180004. */
  readonly version: number;
  /** server_encoding, such as UTF8. */
  readonly encoding: string;
  /** Why the server's hash functions are no use, in words; null when they are PostgreSQL's own, as we compute them. */
  readonly hashObjection: string | null;
}

/**
 * How one column takes part in the canonical rendering of a row (docs/validation.md has the argument why it is injective).
 * A column has a mark and at most one of the two others.
 */
export interface CanonicalColumn {
  /**
   * A whole number below 2^bits. Of texts: the octets, or all ones for NULL. Of others 1, or 0 for NULL. A boolean is all
   * mark.
   */
  readonly mark: (BothSides & { readonly bits: number }) | null;
  /** Octets of a width that the type alone decides; none when NULL. `bytea` and `BLOB`. */
  readonly fixed: BothSides | null;
  /**
   * Text whose length the mark tells, or that ends with a character that it cannot hold; empty when NULL. Operands of `||`
   * for PostgreSQL, arguments of `concat` for DuckDB, where it is the faster one and leaves out NULLs.
   */
  readonly text: BothSides | null;
}

/** Widths of marks. A varchar(n) has at most 4n octets; PostgreSQL's longest value has 2^30. */
const LONGEST_BITS = 31;

/** Renders a column from its typed PostgreSQL column and its typed DuckDB column, by no path that a sync takes. */
export function canonicalColumn(column: ColumnMapping, dialect: PostgresDialect): CanonicalColumn {
  const name = quoteIdentifier(column.name);
  switch (column.family) {
    case 'boolean':
      return {
        mark: { ...same(`CASE WHEN ${name} THEN 2 WHEN NOT ${name} THEN 1 ELSE 0 END`), bits: 2 },
        fixed: null,
        text: null,
      };
    case 'decimal':
      // Needs no mark: a NULL is an empty text before the semicolon, which no number holds.
      return {
        mark: null,
        fixed: null,
        text: {
          postgres: `coalesce(${name}::text, '') || ';'`,
          duckdb: `${decimalText(name, column.duckdbType)}, ';'`,
        },
      };
    default: {
      const fixed = fixedOctets(column.family, name);
      if (fixed === null) return textColumn(column, name, dialect);
      return {
        mark: { ...same(`CASE WHEN ${name} IS NULL THEN 0 ELSE 1 END`), bits: 1 },
        fixed: { postgres: `coalesce(${fixed.postgres}, '')`, duckdb: `coalesce(${fixed.duckdb}, ''::BLOB)` },
        text: null,
      };
    }
  }
}

function textColumn(column: ColumnMapping, name: string, dialect: PostgresDialect): CanonicalColumn {
  const value = canonicalValue(column, name, name);
  const bits = markBits(column.postgresType);
  const nullMark = 2 ** bits - 1;
  const octets = isPlainText(column.postgresType) ? name : value.postgres;
  return {
    mark: {
      bits,
      postgres: `coalesce(${octetLength(octets, dialect)}, ${nullMark})`,
      // DuckDB's column may hold more than PostgreSQL's: the mark must not spill over, nor be one that PostgreSQL can have.
      duckdb: `CASE WHEN ${name} IS NULL THEN ${nullMark} ELSE least(strlen(${value.duckdb}), ${nullMark - 1}) END`,
    },
    fixed: null,
    text: { postgres: `coalesce(${value.postgres}, '')`, duckdb: value.duckdb },
  };
}

/** Room for the octets of the longest value below the two highest numbers, which mean NULL and too long. */
function markBits(postgresType: string): number {
  const bounded = /^character(?: varying)?\((\d+)\)$/.exec(postgresType);
  if (bounded === null) return LONGEST_BITS;
  return Math.min(LONGEST_BITS, Math.ceil(Math.log2(Number(bounded[1]) * 4 + 3)));
}

/** Octets of the text in UTF-8, whatever the encoding of the database. */
function octetLength(text: string, { encoding }: PostgresDialect): string {
  const utf8 = encoding === 'UTF8' || encoding === 'SQL_ASCII';
  return utf8 ? `octet_length(${text})` : `octet_length(convert_to(${text}, 'UTF8'))`;
}

/**
 * A column's value alone, as text that is equal on both sides if and only if the values are; NULL stays NULL.
 * For keys, for elements of lists, and to find the columns in which two rows differ.
 */
export function canonicalValue(
  column: Pick<ColumnMapping, 'family' | 'duckdbType' | 'postgresType'> & { readonly element?: ElementMapping | null },
  postgres: string,
  duckdb: string,
): BothSides {
  const fixedPostgres = fixedOctets(column.family, postgres);
  const fixedDuckdb = fixedOctets(column.family, duckdb);
  if (fixedPostgres !== null && fixedDuckdb !== null)
    return { postgres: `encode(${fixedPostgres.postgres}, 'hex')`, duckdb: `lower(hex(${fixedDuckdb.duckdb}))` };
  switch (column.family) {
    case 'boolean':
      return {
        postgres: `CASE WHEN ${postgres} THEN '1' WHEN NOT ${postgres} THEN '0' END`,
        duckdb: `CASE WHEN ${duckdb} THEN '1' WHEN NOT ${duckdb} THEN '0' END`,
      };
    case 'decimal':
      return { postgres: `${postgres}::text`, duckdb: decimalText(duckdb, column.duckdbType) };
    case 'blob':
      return { postgres: `encode(${postgres}, 'hex')`, duckdb: `lower(hex(${duckdb}))` };
    case 'list':
      return listValue(column.element ?? null, postgres, duckdb);
    default:
      return {
        postgres: isPlainText(column.postgresType) ? `${postgres}::text` : outputOf(postgres),
        duckdb: `${duckdb}::VARCHAR`,
      };
  }
}

/**
 * What the type's output function gives; a cast to text is another thing for char(n), inet and others. Not IS NULL, which
 * is true for a composite value of NULLs, too.
 */
export function outputOf(postgres: string): string {
  return `CASE WHEN num_nulls(${postgres}) = 0 THEN concat(${postgres}) END`;
}

/**
 * Elements one after the other: `octets:text`, or `-` for NULL. unnest stands in a SELECT list since in FROM it takes
 * composite elements apart; either way it gives them in their order.
 */
function listValue(element: ElementMapping | null, postgres: string, duckdb: string): BothSides {
  const value = canonicalValue(element ?? { family: 'text', duckdbType: 'VARCHAR', postgresType: 'text' }, 'e.e', 'e');
  return {
    postgres: `CASE WHEN ${postgres} IS NULL THEN NULL ELSE coalesce((SELECT string_agg(coalesce(octet_length(convert_to(${value.postgres}, 'UTF8')) || ':' || ${value.postgres}, '-'), '') FROM (SELECT unnest(${postgres}) AS e) AS e), '') END`,
    duckdb: `array_to_string(list_transform(${duckdb}, lambda e: coalesce(strlen(${value.duckdb}) || ':' || ${value.duckdb}, '-')), '')`,
  };
}

/** DuckDB leaves out the zero before the point when the type has no room for it: `.5` of DECIMAL(2,2). */
function decimalText(x: string, duckdbType: string): string {
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckdbType) ?? [];
  if (width !== scale) return `${x}::VARCHAR`;
  return `regexp_replace(${x}::VARCHAR, '^(-?)\\.', '\\10.')`;
}

/** Octets of types of fixed width: PostgreSQL's own binary form, rebuilt in DuckDB from the stored number. */
function fixedOctets(family: TypeFamily, x: string): BothSides | null {
  switch (family) {
    case 'integer':
      return { postgres: `int8send(${x}::int8)`, duckdb: octets(`${x}::BIGINT`) };
    case 'float8':
      return {
        postgres: `CASE WHEN ${x} = 'NaN'::float8 THEN '\\x7ff8000000000000'::bytea ELSE float8send(${x}) END`,
        duckdb: `CASE WHEN isnan(${x}) THEN unhex('7ff8000000000000') ELSE ${octets(x)} END`,
      };
    case 'float4':
      return {
        postgres: `CASE WHEN ${x} = 'NaN'::float4 THEN '\\x7fc00000'::bytea ELSE float4send(${x}) END`,
        duckdb: `CASE WHEN isnan(${x}) THEN unhex('7fc00000') ELSE ${octets(x)} END`,
      };
    case 'uuid':
      return { postgres: `uuid_send(${x})`, duckdb: `${x}::BLOB` };
    case 'date':
      return {
        postgres: `date_send(${x})`,
        duckdb: finite(x, '7fffffff', '80000000', octets(`(${x} - DATE '2000-01-01')::INTEGER`)),
      };
    case 'time':
      return { postgres: `time_send(${x})`, duckdb: octets(`epoch_us(${x})::BIGINT`) };
    case 'timetz':
      // PostgreSQL counts the seconds of the zone to the west.
      return {
        postgres: `timetz_send(${x})`,
        duckdb: `(${octets(`epoch_us(${x})::BIGINT`)} || ${octets(`(-date_part('timezone', ${x}))::INTEGER`)})`,
      };
    case 'timestamp':
      return { postgres: `timestamp_send(${x})`, duckdb: sinceY2k(x) };
    case 'timestamptz':
      return { postgres: `timestamptz_send(${x})`, duckdb: sinceY2k(x) };
    case 'interval':
      return { postgres: `interval_send(${x})`, duckdb: intervalOctets(x) };
    default:
      return null;
  }
}

/** A number's octets, the highest first: BIT holds them so. */
function octets(number: string): string {
  return `${number}::BIT::BLOB`;
}

/** Microseconds since 2000-01-01, as PostgreSQL counts them. */
function sinceY2k(x: string): string {
  return finite(x, '7fffffffffffffff', '8000000000000000', octets(`(epoch_us(${x}) - 946684800000000)`));
}

function finite(x: string, infinity: string, minusInfinity: string, otherwise: string): string {
  return `CASE WHEN isinf(${x}) THEN CASE WHEN ${x} > DATE '2000-01-01' THEN unhex('${infinity}') ELSE unhex('${minusInfinity}') END ELSE ${otherwise} END`;
}

/** Microseconds, days and months, in this order. */
function intervalOctets(x: string): string {
  const micros = `(datepart('hour', ${x}) * 3600000000 + datepart('minute', ${x}) * 60000000 + datepart('microsecond', ${x}))::BIGINT`;
  const months = `(datepart('year', ${x}) * 12 + datepart('month', ${x}))::INTEGER`;
  return `(${octets(micros)} || ${octets(`datepart('day', ${x})::INTEGER`)} || ${octets(months)})`;
}

function same(sql: string): BothSides {
  return { postgres: sql, duckdb: sql };
}
