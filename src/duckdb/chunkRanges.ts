import {
  DuckDBArrayType,
  type DuckDBDataChunk,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { isValid, vectorBytes } from './vectorBytes.ts';

/** Rows `from` up to, without, `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A text can be shown up to this size: JavaScript's own limit is 512 MB, and quoting may double it. */
const LARGEST_TEXT = 128e6;
/** So many values a nested value (a list and what is in it) may have. */
const MOST_VALUES = 10e6;
/** Rows are read together up to about this much text; a value within a nested one counts as VALUE_BYTES. */
const RANGE_BYTES = 32e6;
const VALUE_BYTES = 8;
const ENTRY = 16;

/** Whether the text of such a value may be large. */
export function maybeLarge(type: DuckDBType): boolean {
  return isText(type) || isNested(type);
}

/**
 * Cuts a chunk of 2,048 rows into ranges that can be made text without exhausting memory. Nearly always one range.
 * @param types by column; null for columns whose values are small
 * @throws FinanceDbError QUERY_TOO_LARGE for a value that cannot be shown whole, naming its column
 */
export function rowRanges(
  chunk: DuckDBDataChunk,
  types: readonly (DuckDBType | null)[],
  names: readonly string[],
): RowRange[] {
  const { rowCount } = chunk;
  const costs = new Float64Array(rowCount);
  let total = 0;
  types.forEach((type, column) => {
    if (type === null) return;
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
    const size = sizeOf(vector, type, rowCount);
    for (let row = 0; row < rowCount; row++) {
      const cost = size(row);
      if (isText(type) ? cost > LARGEST_TEXT : cost > MOST_VALUES * VALUE_BYTES)
        throw tooLarge(names[column] ?? '', type, cost);
      costs[row] = (costs[row] ?? 0) + cost;
      total += cost;
    }
  });
  if (total <= RANGE_BYTES) return [{ from: 0, to: rowCount }];
  const ranges: RowRange[] = [];
  let from = 0;
  let sum = 0;
  for (let row = 0; row < rowCount; row++) {
    const cost = costs[row] ?? 0;
    if (row > from && sum + cost > RANGE_BYTES) {
      ranges.push({ from, to: row });
      from = row;
      sum = 0;
    }
    sum += cost;
  }
  ranges.push({ from, to: rowCount });
  return ranges;
}

/** What a row's value costs, in bytes of text or about that. */
function sizeOf(vector: Vector, type: DuckDBType, rowCount: number): (row: number) => number {
  if (isText(type)) {
    const { view, validity } = vectorBytes(vector, rowCount, ENTRY);
    return (row) => (isValid(validity, row) ? view.getUint32(row * ENTRY, true) : 0);
  }
  const values = valuesIn(vector, type, rowCount);
  if (!(type instanceof DuckDBListType || type instanceof DuckDBMapType))
    return () => (values / rowCount) * VALUE_BYTES;
  // Values of the values are shared out by the length of the lists that hold them.
  const { view, validity } = vectorBytes(vector, rowCount, ENTRY);
  const each = values / Math.max(1, duckdb.list_vector_get_size(vector));
  return (row) => (isValid(validity, row) ? Number(view.getBigUint64(row * ENTRY + 8, true)) * each * VALUE_BYTES : 0);
}

/** How many values all rows of a nested column have together, at any depth. */
function valuesIn(vector: Vector, type: DuckDBType, rowCount: number): number {
  if (type instanceof DuckDBListType || type instanceof DuckDBMapType) {
    const size = duckdb.list_vector_get_size(vector);
    const child = duckdb.list_vector_get_child(vector);
    if (type instanceof DuckDBListType) return size + valuesIn(child, type.valueType, size);
    return (
      2 * size +
      [type.keyType, type.valueType].reduce(
        (sum, member, index) => sum + valuesIn(duckdb.struct_vector_get_child(child, index), member, size),
        0,
      )
    );
  }
  if (type instanceof DuckDBStructType)
    return type.entryTypes.reduce(
      (sum, member, index) =>
        sum + rowCount + valuesIn(duckdb.struct_vector_get_child(vector, index), member, rowCount),
      0,
    );
  if (type instanceof DuckDBArrayType) {
    const size = rowCount * type.length;
    return size + valuesIn(duckdb.array_vector_get_child(vector), type.valueType, size);
  }
  return 0;
}

function isText(type: DuckDBType): boolean {
  return type.typeId === DuckDBTypeId.VARCHAR || type.typeId === DuckDBTypeId.BLOB || type.typeId === DuckDBTypeId.BIT;
}

function isNested(type: DuckDBType): boolean {
  return (
    type instanceof DuckDBListType ||
    type instanceof DuckDBMapType ||
    type instanceof DuckDBStructType ||
    type instanceof DuckDBArrayType
  );
}

function tooLarge(column: string, type: DuckDBType, cost: number): FinanceDbError {
  const what = isText(type)
    ? `a text of ${Math.round(cost / 1e6)} MB, and at most ${LARGEST_TEXT / 1e6} MB can be shown`
    : `a value of about ${Math.round(cost / VALUE_BYTES / 1e6)} million values, and at most ${MOST_VALUES / 1e6} million can be shown`;
  return new FinanceDbError('QUERY_TOO_LARGE', `the column ${column} has ${what}`, { details: { column } });
}
