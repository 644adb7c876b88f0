import duckdb from '@duckdb/node-bindings';
import type { RowRange } from './chunkRanges.ts';
import { isValid, type VectorBytes } from './vectorBytes.ts';

/** A string's entry takes 16 bytes: 4 of length, then the text itself or, from byte 8, a pointer to a longer one. */
const ENTRY = 16;
const INLINED = 12;
/**
 * Texts that lie this close behind each other are read as one piece: asking for each by itself costs a microsecond. So
 * small a gap lies on pages that hold the texts on either side of it, so no foreign page is ever touched.
 */
const LARGEST_GAP = 64;
/** And together so much at most: a piece becomes one string, and JavaScript has none of more than 512 MB. */
const LARGEST_PIECE = 32e6;
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/** Text of a piece of memory, one character a byte. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  readonly latin1: string;
}

/** The strings of some rows of a VARCHAR vector. */
export function vectorStrings(vector: VectorBytes, { from, to }: RowRange): (string | null)[] {
  const { bytes, view, validity } = vector;
  const entries = piece(bytes, 0);
  const pieceOf = pointedPieces(vector, from, to);
  const out = new Array<string | null>(to - from);
  for (let row = from; row < to; row++) {
    if (!isValid(validity, row)) {
      out[row - from] = null;
      continue;
    }
    const length = view.getUint32(row * ENTRY, true);
    if (length <= INLINED) {
      out[row - from] = textAt(entries, row * ENTRY + 4, length);
    } else {
      out[row - from] = textAt(pieceOf(row), addressAt(view, row), length);
    }
  }
  return out;
}

/** The piece that holds the pointed-to text of each row: neighbouring texts in the order of the rows share one. */
function pointedPieces({ bytes, view, validity }: VectorBytes, from: number, to: number): (row: number) => Piece {
  const pieces = new Map<number, Piece>();
  const startOfRow = new Float64Array(to - from);
  let start = -1;
  let end = -1;
  let firstRow = 0;
  const flush = (): void => {
    if (start < 0) return;
    // Rows of a dictionary point to the same texts again and again: the longest piece of a start serves them all.
    const known = pieces.get(start);
    if (known !== undefined && known.end >= end) return;
    const offset = bytes.byteOffset + firstRow * ENTRY + 8;
    pieces.set(start, piece(duckdb.get_data_from_pointer(bytes.buffer as ArrayBuffer, offset, end - start), start));
  };
  for (let row = from; row < to; row++) {
    const length = view.getUint32(row * ENTRY, true);
    if (length <= INLINED || !isValid(validity, row)) continue;
    const address = addressAt(view, row);
    const apart = address < start || address > end + LARGEST_GAP || address + length - start > LARGEST_PIECE;
    if (start < 0 || apart) {
      flush();
      start = address;
      end = address + length;
      firstRow = row;
    } else if (address + length > end) end = address + length;
    startOfRow[row - from] = start;
  }
  flush();
  return (row) => {
    const found = pieces.get(startOfRow[row - from] ?? -1);
    if (found === undefined) throw new Error('a string lies outside the memory of its vector');
    return found;
  };
}

/** Exact as a number: addresses of programs have fewer than 53 bits. */
function addressAt(view: DataView, row: number): number {
  return view.getUint32(row * ENTRY + 12, true) * 4_294_967_296 + view.getUint32(row * ENTRY + 8, true);
}

function piece(data: Uint8Array, start: number): Piece {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { start, end: start + data.byteLength, bytes, latin1: bytes.toString('latin1') };
}

/** A slice of the piece's text when it is ASCII, as most are; else its bytes decoded. */
function textAt({ start, bytes, latin1 }: Piece, address: number, length: number): string {
  const from = address - start;
  const text = latin1.slice(from, from + length);
  return BEYOND_ASCII.test(text) ? bytes.toString('utf8', from, from + length) : text;
}
