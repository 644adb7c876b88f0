import type { RowRange } from './chunkRanges.ts';
import { addressAt, INLINED, pointedPieces, STRING_ENTRY, StringPiece } from './stringPieces.ts';
import { isValid, type VectorBytes } from './vectorBytes.ts';

const BEYOND_ASCII = /[\u0080-\u00ff]/;

/** The strings of some rows of a VARCHAR vector. */
export function vectorStrings(vector: VectorBytes, range: RowRange): (string | null)[] {
  const { bytes, view, validity } = vector;
  const { from, to } = range;
  const entries = new StringPiece(bytes, 0);
  const pieceOf = pointedPieces(vector, range);
  const out = new Array<string | null>(to - from);
  for (let row = from; row < to; row++) {
    if (!isValid(validity, row)) {
      out[row - from] = null;
      continue;
    }
    const length = view.getUint32(row * STRING_ENTRY, true);
    if (length <= INLINED) {
      out[row - from] = textAt(entries, row * STRING_ENTRY + 4, length);
    } else {
      out[row - from] = textAt(pieceOf(row), addressAt(view, row), length);
    }
  }
  return out;
}

/** A slice of the piece's text when it is ASCII, as most are; else its bytes decoded. */
function textAt({ start, bytes, latin1 }: StringPiece, address: number, length: number): string {
  const from = address - start;
  const text = latin1.slice(from, from + length);
  return BEYOND_ASCII.test(text) ? bytes.toString('utf8', from, from + length) : text;
}
