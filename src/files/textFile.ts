import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { unreadableFile } from './unreadable.ts';

/**
 * Reads a whole text file.
 * @throws FinanceDbError FILE_UNREADABLE when it cannot be read or is not UTF-8.
 */
export async function readTextFile(path: string, shownName = path): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await fs.promises.readFile(path);
  } catch (error) {
    throw unreadableFile(shownName, error);
  }
  return decodeText(bytes, shownName);
}

/**
 * Decodes UTF-8 strictly; a byte order mark at the beginning is dropped.
 * @throws FinanceDbError FILE_UNREADABLE naming the offset of the first wrong byte.
 */
export function decodeText(bytes: Buffer, name: string): string {
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes, text);
    throw new FinanceDbError('FILE_UNREADABLE', `${name} is not UTF-8 text: wrong byte at offset ${offset}`, {
      remedy: 'save it as UTF-8, or convert it with `iconv -t UTF-8`',
      details: { file: name, offset },
    });
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

const REPLACEMENT = Buffer.from('\ufffd');

/** Decoding puts U+FFFD where bytes are wrong; one that stands in the bytes themselves is not wrong. */
function firstInvalidByte(bytes: Buffer, text: string): number {
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (!bytes.subarray(offset, offset + REPLACEMENT.length).equals(REPLACEMENT)) return offset;
  }
  return bytes.length;
}
