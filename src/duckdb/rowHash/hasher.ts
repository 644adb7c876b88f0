import type { RowHashes } from '../../model/rowHash/lookup3.ts';
import type { VectorBytes } from '../vectorBytes.ts';

/** Adds what a column's values contribute to the hashes of their rows; NULL contributes nothing. */
export type AddColumn = (vector: VectorBytes, rowCount: number, hashes: RowHashes) => void;

export interface ColumnHasher {
  /** Of the vector's memory. */
  readonly bytesPerRow: number;
  readonly add: AddColumn;
}
