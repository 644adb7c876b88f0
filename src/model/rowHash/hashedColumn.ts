import { canonicalValue, type PostgresDialect } from '../canonical.ts';
import { quoteIdentifier } from '../identifier.ts';
import { type ColumnMapping, isPlainText } from '../typeMapping.ts';
import { type Seed, seedOf } from './lookup3.ts';

/** How the values of DuckDB's vector become what PostgreSQL's function hashes. */
export type HashKind =
  | { readonly kind: 'boolean' | 'int32' | 'int64' | 'double' | 'date' | 'micros' | 'octets' }
  | { readonly kind: 'decimal'; readonly width: number; readonly scale: number };

/** How one column takes part in the hash of its row: what each side computes of it. */
export interface HashedColumn {
  /** SQL of PostgreSQL: a bigint that is never NULL. */
  readonly postgres: string;
  /** SQL of DuckDB: the value to be hashed, of the type `duckdbType`. */
  readonly duckdb: string;
  readonly duckdbType: string;
  readonly hash: HashKind;
  /** As many as the kind needs. */
  readonly seeds: readonly Seed[];
}

/** Times in these years are exact as seconds in a double, and no two of them equal: docs/validation.md. */
export const NEAR_YEARS = { from: 1900, to: 2100 } as const;

/**
 * The rule of a column's type. A type's own hash function is asked only where equal hashes mean equal values, whatever else
 * the type calls equal; everything else goes by the octets of a canonical text.
 * @param nextSeed a random number of 64 bits with each call
 */
export function hashedColumn(column: ColumnMapping, dialect: PostgresDialect, nextSeed: () => bigint): HashedColumn {
  const x = quoteIdentifier(column.name);
  const seed = (): Seed => seedOf(nextSeed());
  const made = (
    postgres: string,
    duckdbType: string,
    hash: HashKind,
    seeds: readonly Seed[],
    duckdb = `CAST(${x} AS ${duckdbType})`,
  ): HashedColumn => ({
    postgres: `coalesce(${postgres}, 0)`,
    ...{ duckdb, duckdbType, hash, seeds },
  });
  switch (column.family) {
    case 'boolean': {
      const [no, yes] = [seed(), seed()];
      const postgres = `CASE WHEN ${x} THEN ${bigint(yes)} WHEN NOT ${x} THEN ${bigint(no)} END`;
      return made(postgres, 'BOOLEAN', { kind: 'boolean' }, [no, yes]);
    }
    case 'integer': {
      if (column.duckdbType !== 'BIGINT') {
        const own = seed();
        const name = column.duckdbType === 'SMALLINT' ? 'hashint2extended' : 'hashint4extended';
        return made(`${name}(${x}, ${bigint(own)})`, 'INTEGER', { kind: 'int32' }, [own]);
      }
      // PostgreSQL folds 64 bits to 32: the upper half beside them takes the fold apart.
      const [whole, upper] = [seed(), seed()];
      const postgres = `(hashint8extended(${x}, ${bigint(whole)}) # hashint8extended(${x} >> 32, ${bigint(upper)}))`;
      return made(postgres, 'BIGINT', { kind: 'int64' }, [whole, upper]);
    }
    case 'decimal': {
      // Neither the sign nor the scale takes part in PostgreSQL's hash. The type fixes the scale; the sign chooses the seed.
      // The power is put openly over the hash: unless mixed in, two columns times 10,000 would cancel each other out.
      const [plus, minus] = [seed(), seed()];
      const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(column.duckdbType) ?? [];
      const seeds = `CASE WHEN ${x} < 0 THEN ${bigint(minus)} ELSE ${bigint(plus)} END`;
      return {
        postgres: `hashint4extended(0, coalesce(hash_numeric_extended(${x}, ${seeds}), 0))`,
        duckdb: x,
        duckdbType: column.duckdbType,
        hash: { kind: 'decimal', width: Number(width), scale: Number(scale) },
        seeds: [plus, minus],
      };
    }
    case 'float4':
    case 'float8': {
      // PostgreSQL takes -0 for 0; NaN has many forms, and earlier versions hash them as they are.
      const [own, minusZero, nan] = [seed(), seed(), seed()];
      const bits = `float8send(${x}::float8)`;
      const chosen = `CASE WHEN ${x} = 0 AND ${bits} <> '\\x0000000000000000' THEN ${bigint(minusZero)} ELSE ${bigint(own)} END`;
      const postgres = `CASE WHEN ${x} = 'NaN' THEN ${bigint(nan)} ELSE hash${column.family}extended(${x}, ${chosen}) END`;
      return made(postgres, 'DOUBLE', { kind: 'double' }, [own, minusZero, nan]);
    }
    case 'date': {
      const own = seed();
      const days = `daterange_subdiff(${x}, date '2000-01-01')`;
      return made(`hashfloat8extended(${days}, ${bigint(own)})`, 'DATE', { kind: 'date' }, [own]);
    }
    case 'timestamp':
    case 'timestamptz': {
      const [own, far] = [seed(), seed()];
      const zone = column.family === 'timestamp' ? '' : '+00';
      const at = (year: number): string => `${column.family} '${year}-01-01 00:00:00${zone}'`;
      const range = column.family === 'timestamp' ? 'tsrange' : 'tstzrange';
      // The function of the range type is the cheapest that tells all of a time: timestamp_send costs three times as much.
      const near = `hashfloat8extended(${range}_subdiff(${x}, ${at(2000)}), ${bigint(own)})`;
      const postgres = `CASE WHEN ${x} >= ${at(NEAR_YEARS.from)} AND ${x} < ${at(NEAR_YEARS.to)} THEN ${near} ELSE hashtextextended(encode(${column.family}_send(${x}), 'hex') COLLATE "C", ${bigint(far)}) END`;
      return made(postgres, column.duckdbType, { kind: 'micros' }, [own, far], x);
    }
    case 'uuid': {
      const own = seed();
      return made(`uuid_hash_extended(${x}, ${bigint(own)})`, 'BLOB', { kind: 'octets' }, [own]);
    }
    default: {
      const own = seed();
      const plain = isPlainText(column.postgresType);
      const text = plain ? { postgres: x, duckdb: x } : canonicalValue(column, x, x);
      const duckdb = `CAST(${text.duckdb} AS VARCHAR)`;
      return made(hashOfText(text.postgres, own, dialect), 'VARCHAR', { kind: 'octets' }, [own], duckdb);
    }
  }
}

/** Of the octets of the text in UTF-8, whatever the encoding of the database and the collation of the column. */
function hashOfText(text: string, seed: Seed, { encoding }: PostgresDialect): string {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII')
    return `hashtextextended((${text}) COLLATE "C", ${bigint(seed)})`;
  // A record of one octet string has the hash of that.
  return `hash_record_extended(ROW(convert_to(${text}, 'UTF8')), ${bigint(seed)})`;
}

/** In quotes, since the lowest number of all cannot be written with a sign before it. */
export function bigint({ value }: Seed): string {
  return `'${value}'::int8`;
}
