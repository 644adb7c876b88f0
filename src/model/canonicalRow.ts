import { type BothSides, type CanonicalColumn, canonicalColumn, type PostgresDialect } from './canonical.ts';
import type { RowDigest } from './rowDigest.ts';
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
export function concatenated(parts: readonly string[], operator = '||'): string {
  if (parts.length <= 8) return parts.join(` ${operator} `);
  const middle = parts.length >> 1;
  return `(${concatenated(parts.slice(0, middle), operator)}) ${operator} (${concatenated(parts.slice(middle), operator)})`;
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

/**
 * The lower half of the md5 of a row's rendering: for servers that do not have the hash functions of PostgreSQL. Takes the
 * server three times as long. The inner SELECTs end in OFFSET 0 so that PostgreSQL does not merge them into the outer ones,
 * which would compute the md5 once for every use.
 */
export function md5Digest(columns: readonly ColumnMapping[], dialect: PostgresDialect): RowDigest {
  const row = canonicalRow(columns, dialect);
  const list = (items: readonly string[]): string => items.map((item) => `, ${item}`).join('');
  const outer = (extra: readonly string[]): string => list(extra.map((_, index) => `x${index}`));
  const inner = (extra: readonly string[]): string => list(extra.map((sql, index) => `${sql} AS x${index}`));
  const half = (md5: string): string => `('0x' || ${md5}[17:32])::UBIGINT`;
  return {
    postgres: (table, extra) =>
      `SELECT ('x' || substr(m, 17, 16))::bit(64)::int8 AS d${outer(extra)} FROM (SELECT md5(${row.postgres}) AS m${inner(extra)} FROM ${table} OFFSET 0) AS digests OFFSET 0`,
    duckdb: (table, extra) =>
      `SELECT CASE WHEN u > 9223372036854775807 THEN (u::HUGEINT - 18446744073709551616)::BIGINT ELSE u::BIGINT END AS d${outer(extra)} FROM (SELECT ${half(`md5(${row.duckdb})`)} AS u${inner(extra)} FROM ${table}) AS rendered`,
  };
}
