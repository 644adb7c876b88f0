import { absorb, addFinal, finish, type Lanes, type Seed, StartStates } from '../../model/rowHash/lookup3.ts';
import { addressAt, INLINED, pointedPieces, STRING_ENTRY } from '../stringPieces.ts';
import { isValid } from '../vectorBytes.ts';
import type { AddColumn } from './hasher.ts';

/** Of texts and blobs: as `hashtextextended` does with the collation "C". */
export function octetsHasher(seed: Seed, lanes: Lanes): AddColumn {
  const starts = new StartStates(seed);
  return (vector, rowCount, hashes) => {
    const { view, validity } = vector;
    const { a, b, c } = starts;
    let long = 0;
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      const at = row * STRING_ENTRY;
      const length = view.getUint32(at, true);
      if (length >= INLINED) {
        long++;
        continue;
      }
      // What an entry has no use for is zero in it.
      addFinal(
        hashes,
        row,
        ((a[length] as number) + view.getInt32(at + 4, true)) | 0,
        ((b[length] as number) + view.getInt32(at + 8, true)) | 0,
        ((c[length] as number) + (view.getInt32(at + 12, true) << 8)) | 0,
      );
    }
    if (long > 0) {
      const pieceOf = pointedPieces(vector, { from: 0, to: rowCount });
      for (let row = 0; row < rowCount; row++) {
        const at = row * STRING_ENTRY;
        const length = view.getUint32(at, true);
        if (length < INLINED || !isValid(validity, row)) continue;
        if (length === INLINED) absorb(lanes, lanes.count, starts, view, at + 4, length);
        else {
          const piece = pieceOf(row);
          absorb(lanes, lanes.count, starts, piece.view, addressAt(view, row) - piece.start, length);
        }
        lanes.rows[lanes.count++] = row;
      }
      finish(lanes, hashes);
    }
  };
}
