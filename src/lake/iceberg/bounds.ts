/** Longer texts are bounded by a prefix, as Iceberg's own writers do. */
const PREFIX_CHARACTERS = 16;

/**
 * A bound in Iceberg's binary form of single values; null for what is better left without.
 * @param text the value: whole numbers, decimals and texts as they are; days and microseconds since 1970 as numbers
 * @param upper whether nothing in the file may be greater than it
 */
export function boundBytes(type: string, text: string, upper: boolean): Buffer | null {
  if (type === 'int' || type === 'date') return littleEndian(BigInt(text), 4);
  if (type === 'long' || type === 'timestamp' || type === 'timestamptz') return littleEndian(BigInt(text), 8);
  if (type.startsWith('decimal(')) return bigEndian(BigInt(text.replace('.', '')));
  if (type === 'string') return textBound(text, upper);
  return null;
}

function littleEndian(value: bigint, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes.subarray(0, size);
}

/** Two's complement in as few octets as hold it. */
function bigEndian(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const digits = BigInt.asUintN(size * 8, value).toString(16);
  return Buffer.from(digits.padStart(size * 2, '0'), 'hex');
}

function textBound(text: string, upper: boolean): Buffer | null {
  const characters = [...text];
  if (characters.length <= PREFIX_CHARACTERS) return Buffer.from(text);
  const prefix = characters.slice(0, PREFIX_CHARACTERS);
  if (!upper) return Buffer.from(prefix.join(''));
  for (let end = prefix.length - 1; end >= 0; end--) {
    const next = following(prefix[end]?.codePointAt(0) ?? 0);
    if (next !== null) return Buffer.from(prefix.slice(0, end).join('') + String.fromCodePoint(next));
  }
  return null;
}

/** The next character; surrogates are none. */
function following(character: number): number | null {
  if (character === 0xd7ff) return 0xe000;
  return character >= 0x10ffff ? null : character + 1;
}
