import duckdb, { type Vector } from '@duckdb/node-bindings';

/** The memory of one vector: its values one after the other, and one bit a row that is 0 for NULL (null: no NULLs). */
export interface VectorBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly validity: Uint8Array | null;
}

/** The memory of a vector of `rowCount` values of `bytesPerRow` bytes each. */
export function vectorBytes(vector: Vector, rowCount: number, bytesPerRow: number): VectorBytes {
  const bytes = duckdb.vector_get_data(vector, rowCount * bytesPerRow);
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    // Null when the vector never had a NULL, whatever the binding's types say.
    validity: duckdb.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8) as Uint8Array | null,
  };
}

/** Whether the row is not NULL. */
export function isValid(validity: Uint8Array | null, row: number): boolean {
  return validity === null || (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}
