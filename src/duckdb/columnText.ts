import {
  type DuckDBDataChunk,
  DuckDBDecimalType,
  DuckDBEnumType,
  type DuckDBResult,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ColumnKind, ResultColumn, RowChunk } from '../model/resultColumn.ts';
import { type OffsetAt, offsetsOf } from '../model/timeZone.ts';
import { maybeLarge, type RowRange, rowRanges } from './chunkRanges.ts';
import { decimalText, doubleText, floatText } from './decimalText.ts';
import { nestedJson, plainText } from './nestedText.ts';
import { clockText, dateText, timestampText } from './timeText.ts';
import { isValid, type VectorBytes, vectorBytes } from './vectorBytes.ts';
import { vectorStrings } from './vectorStrings.ts';

/**
 * Turns the vectors of a result into text, exactly. It reads the vectors' memory itself: the values of the Node API cost
 * an object and a bigint for each cell, and half the speed. A chunk comes in several pieces when its values are large.
 * @param timeZone to show TIMESTAMPTZ in
 * @throws FinanceDbError QUERY_TOO_LARGE from `read`
 */
export function textReader(
  result: DuckDBResult,
  timeZone: string,
): {
  columns: ResultColumn[];
  read: (chunk: DuckDBDataChunk) => Generator<RowChunk>;
} {
  const types = result.columnTypes();
  const names = result.columnNames();
  const columns = types.map((type, index) => ({
    name: names[index] ?? '',
    type: type.alias ?? (type instanceof DuckDBEnumType ? 'ENUM' : type.toString()),
    kind: columnKind(type),
  }));
  const offsetAt = offsetsOf(timeZone);
  const decoders = types.map((type) => decoderOf(type, offsetAt));
  const large = types.map((type) => (maybeLarge(type) ? type : null));
  const someLarge = large.some((type) => type !== null);
  return {
    columns,
    *read(chunk) {
      const ranges = someLarge ? rowRanges(chunk, large, names) : [{ from: 0, to: chunk.rowCount }];
      for (const range of ranges)
        yield {
          rowCount: range.to - range.from,
          columns: decoders.map((decode, index) => decode(chunk, index, range)),
        };
    },
  };
}

type ColumnDecoder = (chunk: DuckDBDataChunk, column: number, range: RowRange) => (string | null)[];
type CellText = (row: number) => string;

const NUMBERS = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.DECIMAL,
]);
const FLOATS = new Set([DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE]);
const NESTED = new Set([
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.UNION,
  DuckDBTypeId.VARIANT,
]);
const TIMES = new Set([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIME_NS,
  DuckDBTypeId.TIME_TZ,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
]);

function columnKind(type: DuckDBType): ColumnKind {
  if (NUMBERS.has(type.typeId)) return 'number';
  if (FLOATS.has(type.typeId)) return 'float';
  if (type.typeId === DuckDBTypeId.BOOLEAN) return 'boolean';
  if (TIMES.has(type.typeId)) return 'time';
  if (NESTED.has(type.typeId) || type.alias === 'JSON') return 'json';
  return 'text';
}

function decoderOf(type: DuckDBType, offsetAt: OffsetAt): ColumnDecoder {
  if (type.typeId === DuckDBTypeId.VARCHAR)
    return (chunk, column, range) => vectorStrings(bytesOf(chunk, column, range.to, 16), range);
  const direct = directText(type, offsetAt);
  return direct === null ? generalDecoder(type, offsetAt) : directDecoder(direct.bytesPerRow, direct.cell);
}

/** Types read straight from memory: the layout is DuckDB's documented C interface. */
function directText(
  type: DuckDBType,
  offsetAt: OffsetAt,
): { bytesPerRow: number; cell: (bytes: VectorBytes) => CellText } | null {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return { bytesPerRow: 1, cell: (v) => (row) => (v.bytes[row] === 0 ? 'false' : 'true') };
    case DuckDBTypeId.INTEGER:
      return { bytesPerRow: 4, cell: (v) => (row) => String(v.view.getInt32(row * 4, true)) };
    case DuckDBTypeId.BIGINT:
      return { bytesPerRow: 8, cell: (v) => (row) => int64Text(v.view, row * 8) };
    case DuckDBTypeId.DOUBLE:
      return { bytesPerRow: 8, cell: (v) => (row) => doubleText(v.view.getFloat64(row * 8, true)) };
    case DuckDBTypeId.FLOAT:
      return { bytesPerRow: 4, cell: (v) => (row) => floatText(v.view.getFloat32(row * 4, true)) };
    case DuckDBTypeId.DATE:
      return { bytesPerRow: 4, cell: (v) => (row) => dateText(v.view.getInt32(row * 4, true)) };
    case DuckDBTypeId.TIME:
      return { bytesPerRow: 8, cell: (v) => (row) => clockText(exactInt64(v.view, row * 8)) };
    case DuckDBTypeId.TIMESTAMP:
      return { bytesPerRow: 8, cell: (v) => (row) => timestampCell(v.view, row * 8, null) };
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { bytesPerRow: 8, cell: (v) => (row) => timestampCell(v.view, row * 8, offsetAt) };
    case DuckDBTypeId.DECIMAL:
      return type instanceof DuckDBDecimalType ? decimalCells(type) : null;
    default:
      return null;
  }
}

/** DuckDB stores decimals in the smallest integer that holds their width; those of 128 bits take the general way. */
function decimalCells({ width, scale }: DuckDBDecimalType): ReturnType<typeof directText> {
  if (width <= 4)
    return { bytesPerRow: 2, cell: (v) => (row) => decimalText(String(v.view.getInt16(row * 2, true)), scale) };
  if (width <= 9)
    return { bytesPerRow: 4, cell: (v) => (row) => decimalText(String(v.view.getInt32(row * 4, true)), scale) };
  if (width <= 18) return { bytesPerRow: 8, cell: (v) => (row) => decimalText(int64Text(v.view, row * 8), scale) };
  return null;
}

function directDecoder(bytesPerRow: number, cellOf: (bytes: VectorBytes) => CellText): ColumnDecoder {
  return (chunk, column, { from, to }) => {
    const vector = bytesOf(chunk, column, to, bytesPerRow);
    const cell = cellOf(vector);
    const out = new Array<string | null>(to - from);
    for (let row = from; row < to; row++) out[row - from] = isValid(vector.validity, row) ? cell(row) : null;
    return out;
  };
}

function bytesOf(chunk: DuckDBDataChunk, column: number, rowCount: number, bytesPerRow: number): VectorBytes {
  return vectorBytes(duckdb.data_chunk_get_vector(chunk.chunk, column), rowCount, bytesPerRow);
}

/** Every other type by way of the Node API's values. */
function generalDecoder(type: DuckDBType, offsetAt: OffsetAt): ColumnDecoder {
  const text = (NESTED.has(type.typeId) ? nestedJson : plainText)(offsetAt);
  return (chunk, column, { from, to }) => {
    const vector = chunk.getColumnVector(column);
    const out = new Array<string | null>(to - from);
    for (let row = from; row < to; row++) {
      const value = vector.getItem(row);
      out[row - from] = value === null ? null : text(value);
    }
    return out;
  };
}

/** A 64-bit integer as a number; exact only up to 2^53. */
function exactInt64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 4_294_967_296 + view.getUint32(offset, true);
}

function int64Text(view: DataView, offset: number): string {
  const value = exactInt64(view, offset);
  return Number.isSafeInteger(value) ? String(value) : String(view.getBigInt64(offset, true));
}

function timestampCell(view: DataView, offset: number, offsetAt: OffsetAt | null): string {
  const micros = exactInt64(view, offset);
  return timestampText(Number.isSafeInteger(micros) ? micros : view.getBigInt64(offset, true), offsetAt);
}
