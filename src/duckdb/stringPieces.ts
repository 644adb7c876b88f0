import duckdb from '@duckdb/node-bindings';
import type { RowRange } from './chunkRanges.ts';
import { isValid, type VectorBytes } from './vectorBytes.ts';

/** A string's entry takes 16 bytes: 4 of length, then the text itself or, from byte 8, a pointer to a longer one. */
export const STRING_ENTRY = 16;
/** So many bytes lie in the entry itself; what it has no use for is zero. */
export const INLINED = 12;
/**
 * Texts that lie this close behind each other are read as one piece: asking for each by itself costs a microsecond. So
 * small a gap lies on pages that hold the texts on either side of it, so no foreign page is ever touched.
 */
const LARGEST_GAP = 64;
/** And together so much at most: a piece may become one string, and JavaScript has none of more than 512 MB. */
const LARGEST_PIECE = 32e6;

/** Memory that holds the strings of some rows. */
export class StringPiece {
  readonly bytes: Buffer;
  readonly view: DataView;
  private text: string | undefined;

  /** @param start its address */
  constructor(
    data: Uint8Array,
    readonly start: number,
  ) {
    this.bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get end(): number {
    return this.start + this.bytes.length;
  }

  /** One character a byte. */
  get latin1(): string {
    this.text ??= this.bytes.toString('latin1');
    return this.text;
  }
}

/** The piece that holds the pointed-to string of each row: neighbouring strings in the order of the rows share one. */
export function pointedPieces(
  { bytes, view, validity }: VectorBytes,
  { from, to }: RowRange,
): (row: number) => StringPiece {
  const pieces: (StringPiece | undefined)[] = [];
  const numbers = new Map<number, number>();
  const numberOfRow = new Int32Array(to - from).fill(-1);
  let number = -1;
  let start = -1;
  let end = -1;
  let firstRow = 0;
  const flush = (): void => {
    if (start < 0) return;
    // Rows of a dictionary point to the same strings again and again: the longest piece of a start serves them all.
    const known = pieces[number];
    if (known !== undefined && known.end >= end) return;
    const offset = bytes.byteOffset + firstRow * STRING_ENTRY + 8;
    pieces[number] = new StringPiece(
      duckdb.get_data_from_pointer(bytes.buffer as ArrayBuffer, offset, end - start),
      start,
    );
  };
  for (let row = from; row < to; row++) {
    const length = view.getUint32(row * STRING_ENTRY, true);
    if (length <= INLINED || !isValid(validity, row)) continue;
    const address = addressAt(view, row);
    const apart = address < start || address > end + LARGEST_GAP || address + length - start > LARGEST_PIECE;
    if (start < 0 || apart) {
      flush();
      start = address;
      end = address + length;
      firstRow = row;
      number = numbers.get(start) ?? numbers.size;
      numbers.set(start, number);
    } else if (address + length > end) end = address + length;
    numberOfRow[row - from] = number;
  }
  flush();
  return (row) => {
    const found = pieces[numberOfRow[row - from] as number];
    if (found === undefined) throw new Error('a string lies outside the memory of its vector');
    return found;
  };
}

/** Exact as a number: addresses of programs have fewer than 53 bits. */
export function addressAt(view: DataView, row: number): number {
  return view.getUint32(row * STRING_ENTRY + 12, true) * 4_294_967_296 + view.getUint32(row * STRING_ENTRY + 8, true);
}
