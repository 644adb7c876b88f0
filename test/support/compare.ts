import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { quoteIdentifier } from '../../src/model/identifier.ts';
import { displayName, duckdbTable, postgresTable, type TableName } from '../../src/model/tableName.ts';
import type { PgSession } from '../../src/postgres/session.ts';

/**
 * Compares a table of both sides row by row, by a route that shares nothing with the sync: PostgreSQL gives the bytes of
 * its binary protocol (the send functions) as hexadecimal digits, DuckDB its values through the Node binding, from which
 * the same bytes are made here.
 * @param from what to read in PostgreSQL, when it is not just the table
 * @returns how many rows were compared
 * @throws Error showing the first rows that differ
 */
export async function compareTable(
  session: PgSession,
  connection: DuckDBConnection,
  table: TableName,
  from = postgresTable(table),
): Promise<number> {
  const columns = await describeColumns(session, table);
  const [theirs, ours] = [await postgresRows(session, from, columns), await duckdbRows(connection, table, columns)];
  if (theirs.length === ours.length && theirs.every((row, index) => row === ours[index])) return theirs.length;
  const differing = [...difference(theirs, ours, 'PostgreSQL'), ...difference(ours, theirs, 'DuckDB')];
  throw new Error(
    `${displayName(table)}: ${theirs.length} rows in PostgreSQL, ${ours.length} in DuckDB\n${differing.slice(0, 10).join('\n')}`,
  );
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly element: string | null;
}

/** Built-in types by their typname; all else is compared as text. Domains count as what they are made of. */
async function describeColumns(session: PgSession, table: TableName): Promise<Column[]> {
  const rows = await session.query<{ name: string; type: string; element: string | null }>(
    `WITH RECURSIVE base(number, name, oid) AS (
       SELECT attnum, attname, atttypid FROM pg_attribute
       WHERE attrelid = '${postgresTable(table).replaceAll("'", "''")}'::regclass AND attnum > 0 AND NOT attisdropped
       UNION ALL SELECT number, name, typbasetype FROM base JOIN pg_type t ON t.oid = base.oid WHERE typtype = 'd')
     SELECT name, t.typname AS type, CASE WHEN t.typcategory = 'A' AND t.typname NOT LIKE '%vector' THEN e.typname END AS element
     FROM base JOIN pg_type t ON t.oid = base.oid LEFT JOIN pg_type e ON e.oid = t.typelem
     WHERE t.typtype <> 'd' ORDER BY number`,
  );
  // An interval in a list is kept as text.
  return rows.map((row) => ({ ...row, element: row.element === 'interval' ? 'text' : row.element }));
}

const DIRECT = new Set(['int2', 'int4', 'int8']);
const SENT: Record<string, string> = {
  bool: 'boolsend',
  float4: 'float4send',
  float8: 'float8send',
  uuid: 'uuid_send',
  date: 'date_send',
  time: 'time_send',
  timetz: 'timetz_send',
  timestamp: 'timestamp_send',
  timestamptz: 'timestamptz_send',
  interval: 'interval_send',
  bytea: 'byteasend',
};

function postgresValue(type: string, value: string): string {
  if (DIRECT.has(type)) return `${value}::text`;
  const send = SENT[type];
  if (send !== undefined) return `encode(pg_catalog.${send}(${value}), 'hex')`;
  return `encode(convert_to(format('%s', ${value}), 'UTF8'), 'hex')`;
}

async function postgresRows(session: PgSession, from: string, columns: readonly Column[]): Promise<string[]> {
  const values = columns.map(({ name, type, element }) => {
    const column = quoteIdentifier(name);
    const value =
      element === null
        ? postgresValue(type, column)
        : `(SELECT COALESCE(json_agg(CASE WHEN num_nulls(${column}[i]) = 0 THEN ${postgresValue(element, `${column}[i]`)} END ORDER BY i), '[]') FROM generate_subscripts(${column}, 1) i)`;
    return `CASE WHEN num_nulls(${column}) = 0 THEN ${value} END`;
  });
  if (columns.some(({ element }) => element !== null)) {
    const rows = await session.query<{ row: string }>(
      `SELECT json_build_array(${values.join(', ')})::text AS row FROM ${from}`,
    );
    return rows.map(({ row }) => JSON.stringify(JSON.parse(row))).sort();
  }
  // Digits need no escaping: written as JSON.stringify writes them, not parsed to be written again.
  const written = values.map((value) => `COALESCE('"' || (${value}) || '"', 'null')`);
  const rows = await session.query<{ row: string }>(
    `SELECT '[' || ${written.join(" || ',' || ") || "''"} || ']' AS row FROM ${from}`,
  );
  return rows.map(({ row }) => row).sort();
}

/** Strings are fetched as their bytes: the binding's decoding would drop a byte order mark. */
async function duckdbRows(
  connection: DuckDBConnection,
  table: TableName,
  columns: readonly Column[],
): Promise<string[]> {
  const values = columns.map(({ name, type, element }) => {
    const column = quoteIdentifier(name);
    if (element !== null)
      return isText(element) ? `list_transform(${column}, lambda x: ${textBytes('x', element)})` : column;
    return isText(type) ? textBytes(column, type) : column;
  });
  // Where the binding would only hand on digits, whole rows are written here, as PostgreSQL writes them: a third of the time.
  if (
    columns.length > 0 &&
    columns.every(({ type, element }) => element === null && (DIRECT.has(type) || isText(type)))
  ) {
    const written = values.map((value) => `COALESCE('"' || (${value}) || '"', 'null')`);
    const rows = await connection.runAndReadAll(
      `SELECT '[' || ${written.join(" || ',' || ")} || ']' FROM ${duckdbTable(table)}`,
    );
    return ((rows.getColumns()[0] ?? []) as string[]).sort();
  }
  const result = await connection.runAndReadAll(`SELECT ${values.join(', ')} FROM ${duckdbTable(table)}`);
  return result
    .getRows()
    .map((row) =>
      JSON.stringify(
        row.map((value, index) => canonical(value, columns[index]?.element ?? columns[index]?.type ?? '')),
      ),
    )
    .sort();
}

/** DuckDB leaves out the zero before the point when a DECIMAL has no digits there. */
function textBytes(value: string, type: string): string {
  const text = `${value}::VARCHAR`;
  return `lower(hex(encode(${type === 'numeric' ? `regexp_replace(${text}, '^(-?)\\.', '\\10.')` : text})))`;
}

function isText(type: string): boolean {
  return !DIRECT.has(type) && SENT[type] === undefined;
}

/** Microseconds from 1970, where DuckDB counts from, to 2000, where PostgreSQL does. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_DAYS = 10_957;
const LARGEST = 2n ** 63n - 1n;

function canonical(value: DuckDBValue, type: string): unknown {
  if (value === null) return null;
  if (value instanceof DuckDBListValue) return value.items.map((item) => canonical(item, type));
  if (typeof value === 'boolean') return value ? '01' : '00';
  if (typeof value === 'number') return type.startsWith('float') ? floatBytes(value, type) : String(value);
  if (typeof value === 'bigint' || typeof value === 'string') return String(value);
  if (value instanceof DuckDBUUIDValue) return value.toString().replaceAll('-', '');
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex');
  if (value instanceof DuckDBDateValue) return int32(dateDays(value.days));
  if (value instanceof DuckDBTimeValue) return int64(value.micros);
  // PostgreSQL counts the zone's seconds to the west.
  if (value instanceof DuckDBTimeTZValue) return int64(value.micros) + int32(-value.offset);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return int64(timestampMicros(value.micros));
  if (value instanceof DuckDBIntervalValue) return int64(value.micros) + int32(value.days) + int32(value.months);
  return String(value);
}

function timestampMicros(micros: bigint): bigint {
  if (micros === LARGEST) return LARGEST;
  return micros === -LARGEST ? -LARGEST - 1n : micros - EPOCH_MICROS;
}

function dateDays(days: number): number {
  if (days === 2147483647) return days;
  return days === -2147483647 ? -2147483648 : days - EPOCH_DAYS;
}

function floatBytes(value: number, type: string): string {
  const bytes = Buffer.alloc(type === 'float4' ? 4 : 8);
  if (type === 'float4') bytes.writeFloatBE(value);
  else bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

function int64(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes.toString('hex');
}

function int32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes.toString('hex');
}

/** Lines for what `rows` has more often than `others`. */
function difference(rows: readonly string[], others: readonly string[], side: string): string[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(row, (counts.get(row) ?? 0) + 1);
  const lines: string[] = [];
  for (const row of rows) {
    const left = counts.get(row) ?? 0;
    if (left > 0) counts.set(row, left - 1);
    else lines.push(`only in ${side}: ${row}`);
  }
  return lines;
}
