import { type BothSides, type CanonicalColumn, canonicalColumn, type PostgresDialect } from './canonical.ts';
import type { ColumnMapping } from './typeMapping.ts';

/** Marks are packed into non-negative 64-bit numbers. */
const PACK_BITS = 62;

/**
 * The canonical rendering of a whole row as octets (`bytea`, `BLOB`): first the packed marks, eight octets for each pack, then
 * the columns of fixed width, then all texts. No two different rows render alike: docs/validation.md.
 */
export function canonicalRow(columns: readonly ColumnMapping[], dialect: PostgresDialect): BothSides {
  const canonical = columns.map((column) => canonicalColumn(column, dialect));
  const packs = packMarks(canonical);
  const texts = canonical.flatMap(({ text }) => (text === null ? [] : [text]));
  const fixed = canonical.flatMap((column) => (column.fixed === null ? [] : [column.fixed]));
  const octets: BothSides[] = [
    ...packs.map((pack) => ({ postgres: `int8send(${pack.postgres})`, duckdb: `(${pack.duckdb})::BIT::BLOB` })),
    ...fixed,
  ];
  const text = {
    postgres: `textsend(${concatenated(texts.map(({ postgres }) => postgres))})`,
    duckdb: `encode(concat(${texts.map(({ duckdb }) => duckdb).join(', ')}))`,
  };
  const parts = [
    ...(octets.length === 0
      ? []
      : [
          {
            postgres: concatenated(octets.map((part) => part.postgres)),
            duckdb: concatenated(octets.map((part) => part.duckdb)),
          },
        ]),
    ...(texts.length === 0 ? [] : [text]),
  ];
  return {
    postgres: parts.map((part) => part.postgres).join(' || '),
    duckdb: parts.map((part) => part.duckdb).join(' || '),
  };
}

/** `a || b || …` as a balanced tree: databases bound the depth of an expression, and tables have up to 1,600 columns. */
export function concatenated(parts: readonly string[]): string {
  if (parts.length <= 8) return parts.join(' || ');
  const middle = parts.length >> 1;
  return `(${concatenated(parts.slice(0, middle))}) || (${concatenated(parts.slice(middle))})`;
}

/** Puts as many marks side by side into a 64-bit number as fit, the first in the highest bits. */
function packMarks(columns: readonly CanonicalColumn[]): BothSides[] {
  const packs: BothSides[] = [];
  let used = PACK_BITS;
  for (const { mark } of columns) {
    if (mark === null) continue;
    const pack = packs.at(-1);
    if (pack === undefined || used + mark.bits > PACK_BITS) {
      packs.push({ postgres: `(${mark.postgres})::int8`, duckdb: `(${mark.duckdb})::BIGINT` });
      used = mark.bits;
      continue;
    }
    packs[packs.length - 1] = {
      postgres: `((${pack.postgres}) << ${mark.bits}) + ${mark.postgres}`,
      duckdb: `(${pack.duckdb}) * ${2 ** mark.bits} + ${mark.duckdb}`,
    };
    used += mark.bits;
  }
  return packs;
}

/** Both 64-bit halves of the md5 of `octets`, as SQL: the columns `lo` and `hi` of a row source. */
export interface RowDigest {
  /** `SELECT lo, hi, … FROM …`, with further columns taken along from the table. */
  readonly postgres: (table: string, extra: readonly string[]) => string;
  readonly duckdb: (table: string, extra: readonly string[]) => string;
}

const LOW_HALF = '18446744073709551615::UHUGEINT';

/**
 * PostgreSQL 18 casts octets to integers and reverses them, as DuckDB's md5_number does; earlier ones need the detour over
 * bit strings, and DuckDB follows.
 */
const CASTS_OCTETS = 180000;

/**
 * The digests of a table's rows. The inner SELECTs end in OFFSET 0 so that PostgreSQL does not merge them into the outer ones,
 * which would compute the md5 once for every use.
 */
export function rowDigest(columns: readonly ColumnMapping[], dialect: PostgresDialect): RowDigest {
  const row = canonicalRow(columns, dialect);
  const swapped = dialect.version >= CASTS_OCTETS;
  const list = (items: readonly string[]): string => items.map((item) => `, ${item}`).join('');
  const outer = (extra: readonly string[]): string => list(extra.map((_, index) => `x${index}`));
  const inner = (extra: readonly string[]): string => list(extra.map((sql, index) => `${sql} AS x${index}`));
  return {
    postgres: (table, extra) => {
      const digest = swapped ? `reverse(decode(md5(${row.postgres}), 'hex'))` : `md5(${row.postgres})`;
      const halves = swapped
        ? 'substr(d, 1, 8)::int8 AS lo, substr(d, 9, 8)::int8 AS hi'
        : "('x' || substr(d, 17, 16))::bit(64)::int8 AS lo, ('x' || substr(d, 1, 16))::bit(64)::int8 AS hi";
      return `SELECT ${halves}${outer(extra)} FROM (SELECT ${digest} AS d${inner(extra)} FROM ${table} OFFSET 0) AS digests OFFSET 0`;
    },
    duckdb: (table, extra) => {
      // One md5 for both halves: md5_number_lower and _upper would each cost three times as much. It counts octets from the last.
      if (swapped)
        return `SELECT (d >> 64)::UBIGINT AS lo, (d & ${LOW_HALF})::UBIGINT AS hi${outer(extra)} FROM (SELECT md5_number(${row.duckdb}) AS d${inner(extra)} FROM ${table}) AS rendered`;
      return `SELECT ('0x' || d[17:32])::UBIGINT AS lo, ('0x' || d[1:16])::UBIGINT AS hi${outer(extra)} FROM (SELECT md5(${row.duckdb}) AS d${inner(extra)} FROM ${table}) AS rendered`;
    },
  };
}
