import type { IcebergField } from '../../lake/iceberg/schema.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import type { TableName } from '../../model/tableName.ts';

export type Engine = 'spark' | 'trino' | 'clickhouse' | 'duckdb';

/** Where a table lies: its folder or `s3://…`, and where that is reached by HTTP. */
export interface TablePlace {
  readonly location: string;
  readonly address: string | null;
}

/** How an engine says things. `text` gives a text that all engines write alike; null for types that they write differently. */
interface Dialect {
  quote(name: string): string;
  /** What to put behind FROM. */
  from(table: TableName, place: TablePlace, files: readonly string[]): string;
  wide(number: string): string;
  text(column: string, type: string): string | null;
  concat(parts: readonly string[]): string;
  orMissing(text: string): string;
  /** The first 60 bits of the md5, as a number. */
  digest(text: string): string;
}

const backticks = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const quotes = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Between the columns of a row, and for NULL. */
const [SEPARATOR, MISSING] = ["'|'", "'~'"];

const isDecimal = (type: string): boolean => type.startsWith('decimal(');
const isWhole = (type: string): boolean => type === 'int' || type === 'long';

/**
 * Decimals as whole numbers of their last digit: engines do not agree on zeros at the end. By their texts and not by a product,
 * whose type Spark makes smaller than its digits need and Trino finds too large.
 * @param text SQL of the plain digits with their point
 */
function scaled(text: string, wide: (number: string) => string): string {
  return wide(`replace(${text}, '.', '')`);
}

function scaleOf(type: string): number {
  return Number(/, (\d+)\)/.exec(type)?.[1] ?? 0);
}

const DIALECTS: Readonly<Record<Engine, Dialect>> = {
  spark: {
    quote: backticks,
    from: ({ schema, name }) => `lake.${backticks(schema)}.${backticks(name)}`,
    wide: (number) => `cast(${number} AS decimal(38, 0))`,
    text(column, type) {
      if (isWhole(type)) return `cast(${column} AS string)`;
      // A cast to string would write small numbers with an exponent.
      if (isDecimal(type))
        return `cast(${scaled(`replace(format_number(${column}, ${scaleOf(type)}), ',', '')`, this.wide)} AS string)`;
      if (type === 'string' || type === 'uuid') return column;
      if (type === 'boolean') return `CASE WHEN ${column} THEN '1' WHEN NOT ${column} THEN '0' END`;
      if (type === 'date') return `cast(unix_date(${column}) AS string)`;
      if (type === 'timestamp' || type === 'timestamptz')
        return `cast(unix_micros(cast(${column} AS timestamp)) AS string)`;
      return type === 'binary' ? `lower(hex(${column}))` : null;
    },
    concat: (parts) => `concat(${parts.join(', ')})`,
    orMissing: (text) => `coalesce(${text}, ${MISSING})`,
    digest: (text) => `cast(conv(substr(md5(${text}), 1, 15), 16, 10) AS decimal(38, 0))`,
  },
  trino: {
    quote: quotes,
    from: ({ schema, name }) => `lake.${quotes(schema)}.${quotes(name)}`,
    wide: (number) => `cast(${number} AS decimal(38, 0))`,
    text(column, type) {
      if (isWhole(type) || type === 'uuid') return `cast(${column} AS varchar)`;
      if (isDecimal(type)) return `cast(${scaled(`cast(${column} AS varchar)`, this.wide)} AS varchar)`;
      if (type === 'string') return column;
      if (type === 'boolean') return `CASE WHEN ${column} THEN '1' WHEN NOT ${column} THEN '0' END`;
      if (type === 'date') return `cast(date_diff('day', DATE '1970-01-01', ${column}) AS varchar)`;
      if (type === 'timestamp')
        return `cast(cast(round(to_unixtime(with_timezone(${column}, 'UTC')) * 1000000) AS bigint) AS varchar)`;
      if (type === 'timestamptz') return `cast(cast(round(to_unixtime(${column}) * 1000000) AS bigint) AS varchar)`;
      return type === 'binary' ? `lower(to_hex(${column}))` : null;
    },
    concat: (parts) => `concat(${parts.join(', ')})`,
    orMissing: (text) => `coalesce(${text}, ${MISSING})`,
    digest: (text) => `cast(from_base(substr(to_hex(md5(to_utf8(${text}))), 1, 15), 16) AS decimal(38, 0))`,
  },
  clickhouse: {
    quote: backticks,
    from: (_table, { location, address }) =>
      address === null ? `icebergLocal(${quoteLiteral(location)})` : `icebergS3(lake, url = ${quoteLiteral(address)})`,
    wide: (number) => `toInt256(${number})`,
    text(column, type) {
      if (isWhole(type) || type === 'uuid') return `toString(${column})`;
      if (isDecimal(type)) {
        const scale = scaleOf(type);
        return `toString(toInt256(toDecimal256(${column}, ${scale}) * toInt256('1${'0'.repeat(scale)}')))`;
      }
      if (type === 'string') return column;
      if (type === 'boolean') return `toString(toUInt8(${column}))`;
      if (type === 'date') return `toString(toInt32(${column}))`;
      if (type === 'timestamp' || type === 'timestamptz') return `toString(toUnixTimestamp64Micro(${column}))`;
      return type === 'binary' ? `lower(hex(${column}))` : null;
    },
    concat: (parts) => `concat(${parts.join(', ')})`,
    orMissing: (text) => `ifNull(${text}, ${MISSING})`,
    digest: (text) => `toInt256(bitShiftRight(reinterpretAsUInt64(reverse(substring(MD5(${text}), 1, 8))), 4))`,
  },
  duckdb: {
    quote: quotes,
    from: (_table, _place, files) => `read_parquet([${files.map(quoteLiteral).join(', ')}])`,
    wide: (number) => `(${number})::HUGEINT`,
    text(column, type) {
      if (isWhole(type) || type === 'uuid') return `${column}::VARCHAR`;
      if (isDecimal(type)) return `replace(${column}::VARCHAR, '.', '')::HUGEINT::VARCHAR`;
      if (type === 'string') return column;
      if (type === 'boolean') return `${column}::INTEGER::VARCHAR`;
      if (type === 'date') return `(${column} - DATE '1970-01-01')::VARCHAR`;
      if (type === 'timestamp' || type === 'timestamptz') return `epoch_us(${column})::VARCHAR`;
      return type === 'binary' ? `lower(hex(${column}))` : null;
    },
    concat: (parts) => `concat(${parts.join(', ')})`,
    orMissing: (text) => `coalesce(${text}, ${MISSING})`,
    digest: (text) => `('0x' || md5(${text})[1:15])::UBIGINT`,
  },
};

/** What an engine has to be told once before it reads a store; as a comment, for we know no keys that others may see. */
export function preamble(engine: Engine, location: string): string {
  if (!location.startsWith('s3')) return '';
  const once: Partial<Record<Engine, string>> = {
    clickhouse: "CREATE NAMED COLLECTION lake AS access_key_id = '…', secret_access_key = '…'",
    duckdb: "CREATE SECRET (TYPE s3, KEY_ID '…', SECRET '…', REGION '…', ENDPOINT '…')",
  };
  return once[engine] === undefined ? '' : `-- once: ${once[engine]};\n`;
}

/** One statement, with a comment on what it leaves out. */
export function tableSql(
  engine: Engine,
  table: TableName,
  place: TablePlace,
  fields: readonly IcebergField[],
  files: readonly string[],
): string {
  const dialect = DIALECTS[engine];
  const typed = fields.flatMap(({ name, type }) =>
    typeof type === 'string' ? [{ name, type, column: dialect.quote(name) }] : [],
  );
  const texts = typed.flatMap(({ column, type }) => {
    const text = dialect.text(column, type);
    return text === null ? [] : [dialect.orMissing(text)];
  });
  const left = fields.filter(({ type }) => typeof type !== 'string' || dialect.text('x', type) === null);
  const sums = typed
    .filter(({ type }) => isDecimal(type) || isWhole(type))
    .map(({ name, column }) => `sum(${column}) AS ${dialect.quote(`sum of ${name}`)}`);
  const row = dialect.concat(texts.flatMap((text, index) => (index === 0 ? [text] : [SEPARATOR, text])));
  const note =
    left.length === 0
      ? ''
      : `-- without ${left.map(({ name }) => name).join(', ')}, which engines write in different ways\n`;
  return `${note}SELECT count(*) AS ${dialect.quote('rows')}, ${[...sums, `sum(${dialect.digest(row)}) AS ${dialect.quote('md5')}`].join(', ')}\nFROM ${dialect.from(table, place, files)};\n`;
}
