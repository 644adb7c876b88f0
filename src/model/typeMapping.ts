import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from './identifier.ts';
import type { SourceColumn, SourceTable, SourceType } from './sourceTable.ts';
import { displayName } from './tableName.ts';

/** Part of every fingerprint: raise it when a type is mapped in another way, so that the next sync loads anew. */
export const MAPPING_VERSION = 1;

/** The families of types: what validation renders in one way on both sides. */
export type TypeFamily =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float4'
  | 'float8'
  | 'text'
  | 'uuid'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'blob'
  | 'json'
  | 'list';

/** How one column travels: what PostgreSQL is asked for, and what DuckDB makes of the text that comes. */
export interface ColumnMapping {
  readonly name: string;
  readonly family: TypeFamily;
  /** The DuckDB type, as SQL. */
  readonly duckdbType: string;
  /** The PostgreSQL type, as PostgreSQL writes it. */
  readonly postgresType: string;
  readonly notNull: boolean;
  /** The elements of a list. */
  readonly element: ElementMapping | null;
  /** SQL for PostgreSQL: the value as it is to be copied out. */
  readonly copyExpression: string;
  /** SQL for DuckDB: the value, from `text` (a VARCHAR expression, COPY escapes undone); fails rather than alters. */
  fromText(text: string): string;
  /** Whether the text that comes may hold COPY escapes. */
  readonly mayBeEscaped: boolean;
}

/** What a list's elements are; an element has no name and no COPY expression of its own. */
export type ElementMapping = Pick<ColumnMapping, 'family' | 'duckdbType' | 'postgresType' | 'fromText'>;

/**
 * Maps every column of a table by the allow-list of docs/sync.md, before anything is read.
 * @throws FinanceDbError TYPE_REFUSED naming table, column and type.
 */
export function mapColumns(source: SourceTable): ColumnMapping[] {
  if (source.columns.length === 0)
    throw new FinanceDbError('TYPE_REFUSED', `the table ${displayName(source.table)} has no columns`, {
      remedy: 'leave it out of the list of tables',
      details: { table: displayName(source.table) },
    });
  const names = new Set<string>();
  return source.columns.map((column) => {
    // DuckDB's column names do not tell case apart.
    if (names.has(column.name.toLowerCase()))
      throw refuseColumn(source, column, 'its name differs from another only in case, which DuckDB cannot keep apart');
    names.add(column.name.toLowerCase());
    const unstable = column.typeParts.find((part) => UNSTABLE.test(part.formatted));
    if (unstable !== undefined)
      throw refuseColumn(
        source,
        column,
        `the text of ${unstable.formatted} depends on other objects, so that it may change without the row changing`,
      );
    return mapColumn(column);
  });
}

/** Types whose text is a name looked up elsewhere: a rename would change values that no transaction touched. */
const UNSTABLE = /^(reg[a-z]+|aclitem)(\[\])?$/;

function refuseColumn(source: SourceTable, column: SourceColumn, why: string): FinanceDbError {
  const where = `${displayName(source.table)}.${column.name}`;
  return new FinanceDbError(
    'TYPE_REFUSED',
    `the column ${where} (${column.type.formatted}) cannot be kept exactly: ${why}`,
    {
      details: { table: displayName(source.table), column: column.name, type: column.type.formatted },
    },
  );
}

function mapColumn(column: SourceColumn): ColumnMapping {
  const quoted = quoteIdentifier(column.name);
  const base = { name: column.name, postgresType: column.type.formatted, notNull: column.notNull };
  if (column.type.element !== null) return { ...base, ...mapList(quoted, column.type.element) };
  const value = mapValue(column.type);
  return {
    ...base,
    ...value,
    element: null,
    copyExpression: value.family === 'interval' ? intervalParts(quoted) : quoted,
    mayBeEscaped: ['text', 'json', 'blob'].includes(value.family),
  };
}

const plain = (family: TypeFamily, duckdbType: string) => ({
  family,
  duckdbType,
  fromText: (text: string) => (duckdbType === 'VARCHAR' ? text : `CAST(${text} AS ${duckdbType})`),
});

const DIRECT: Record<string, ReturnType<typeof plain>> = {
  bool: plain('boolean', 'BOOLEAN'),
  int2: plain('integer', 'SMALLINT'),
  int4: plain('integer', 'INTEGER'),
  int8: plain('integer', 'BIGINT'),
  float4: plain('float4', 'FLOAT'),
  float8: plain('float8', 'DOUBLE'),
  uuid: plain('uuid', 'UUID'),
  time: plain('time', 'TIME'),
  timetz: plain('timetz', 'TIMETZ'),
  json: plain('json', 'JSON'),
  jsonb: plain('json', 'JSON'),
  // PostgreSQL writes BC behind the time, DuckDB (BC) behind the date; a plain cast would silently drop or refuse it.
  date: {
    family: 'date',
    duckdbType: 'DATE',
    fromText: (text) => castEra(text, 'DATE', `concat(${text}[:-4], ' (BC)')`),
  },
  timestamp: {
    family: 'timestamp',
    duckdbType: 'TIMESTAMP',
    fromText: (text) => castEra(text, 'TIMESTAMP', eraAfterDate(text)),
  },
  timestamptz: {
    family: 'timestamptz',
    duckdbType: 'TIMESTAMPTZ',
    fromText: (text) => castEra(text, 'TIMESTAMPTZ', eraAfterDate(text)),
  },
  interval: {
    family: 'interval',
    duckdbType: 'INTERVAL',
    fromText: (text) =>
      `(to_months(CAST(split_part(${text}, ' ', 1) AS INTEGER)) + to_days(CAST(split_part(${text}, ' ', 2) AS INTEGER)) + to_microseconds(CAST(split_part(${text}, ' ', 3) AS BIGINT)))`,
  },
  // "\x" and hexadecimal digits: the session pins bytea_output.
  bytea: { family: 'blob', duckdbType: 'BLOB', fromText: (text) => `unhex(${text}[3:])` },
};

function castEra(text: string, type: string, rewritten: string): string {
  return `CASE WHEN suffix(${text}, 'BC') THEN CAST(${rewritten} AS ${type}) ELSE CAST(${text} AS ${type}) END`;
}

function eraAfterDate(text: string): string {
  return `concat(split_part(${text}, ' ', 1), ' (BC) ', split_part(${text}, ' ', 2))`;
}

function mapValue(type: SourceType): ReturnType<typeof plain> {
  if (type.builtIn && type.bareName === 'numeric') return mapNumeric(type.typmod);
  const direct = type.builtIn ? DIRECT[type.bareName] : undefined;
  // Everything else is kept as the text that PostgreSQL's own output function gives.
  return direct ?? plain('text', 'VARCHAR');
}

/**
 * numeric(p,s) becomes DECIMAL; what DECIMAL cannot hold (no precision, more than 38 digits) stays exact as text.
 * Of scales that DECIMAL does not know, a negative one widens the whole part, one above the precision the precision.
 */
function mapNumeric(typmod: number): ReturnType<typeof plain> {
  if (typmod < 4) return plain('text', 'VARCHAR');
  const precision = ((typmod - 4) >> 16) & 0xffff;
  const rawScale = (typmod - 4) & 0x7ff;
  // Eleven bits, signed, since PostgreSQL 15.
  const scale = rawScale >= 0x400 ? rawScale - 0x800 : rawScale;
  const width = scale < 0 ? precision - scale : Math.max(precision, scale);
  return width > 38 ? plain('text', 'VARCHAR') : plain('decimal', `DECIMAL(${width},${Math.max(scale, 0)})`);
}

/** Months, days and microseconds, the three fields that both databases store; infinite ones as a word that is refused. */
function intervalParts(column: string): string {
  const months = `(extract(year from ${column}) * 12 + extract(month from ${column}))::int8`;
  const micros = `(extract(hour from ${column}) * 3600000000 + extract(minute from ${column}) * 60000000 + extract(microseconds from ${column}))::int8`;
  return `CASE WHEN isfinite(${column}) THEN concat_ws(' ', ${months}, extract(day from ${column})::int8, ${micros}) ELSE ${column}::text END`;
}

/** Lists travel as a JSON array of their elements' texts; more dimensions or other bounds come as text that is refused. */
function mapList(column: string, elementType: SourceType): Omit<ColumnMapping, 'name' | 'postgresType' | 'notNull'> {
  const value = mapValue(elementType);
  // An interval has no text that DuckDB reads back exactly, so elements stay PostgreSQL's text.
  const element: ElementMapping = {
    ...(value.family === 'interval' ? plain('text', 'VARCHAR') : value),
    postgresType: elementType.formatted,
  };
  const lambda = element.duckdbType === 'VARCHAR' ? '' : element.fromText('x');
  return {
    family: 'list',
    duckdbType: `${element.duckdbType}[]`,
    element,
    copyExpression: `CASE WHEN array_ndims(${column}) = 1 AND array_lower(${column}, 1) = 1 OR cardinality(${column}) = 0 THEN array_to_json(${elementTexts(column, elementType)})::text ELSE ${column}::text END`,
    fromText: (text) => {
      const texts = `from_json_strict(${text}, ${quoteLiteral('["VARCHAR"]')})`;
      return lambda === '' ? texts : `list_transform(${texts}, lambda x: ${lambda})`;
    },
    mayBeEscaped: true,
  };
}

/** Types whose cast to text says something else than their output: char(n) loses its padding, inet gains a netmask. */
const CAST_ALTERS = new Set(['bpchar', 'inet']);

/** An array of the texts that the output function gives for each element; format() asks that function. */
function elementTexts(column: string, { builtIn, bareName }: SourceType): string {
  if (!builtIn || !CAST_ALTERS.has(bareName)) return `${column}::text[]`;
  return `ARRAY(SELECT CASE WHEN x IS NOT NULL THEN format('%s', x) END FROM unnest(${column}) WITH ORDINALITY AS u(x, n) ORDER BY n)`;
}

/** Whether the type is text without padding, so that PostgreSQL takes it for text as it is. */
export function isPlainText(postgresType: string): boolean {
  return /^(text|character varying(\(\d+\))?)$/.test(postgresType);
}
