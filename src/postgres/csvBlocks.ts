import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import { FinanceDbError, isFinanceDbError } from '../errors/financeDbError.ts';
import { unreadableFile } from '../files/unreadable.ts';
import { type CsvRecord, CsvRecords, LONGEST_RECORD } from '../model/csvRecords.ts';

const READ_BYTES = 1 << 18;
const NEWLINE = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Records that were read together. */
export interface CsvBlock {
  readonly records: Iterable<CsvRecord>;
  /** The first physical line that is not UTF-8; its wrong bytes are U+FFFD in the records. */
  readonly badUtf8Line: number | null;
  /** Of the file, read so far. */
  readonly bytesRead: number;
}

export interface CsvFile {
  /** As the user gave it, for messages. */
  readonly name: string;
  readonly path: string;
}

/**
 * Reads a CSV file block by block; memory is that of a block. Records of a block must be taken before the next.
 * @throws FinanceDbError FILE_UNREADABLE; BAD_INPUT for malformed quotes
 */
export async function* readCsv(file: CsvFile): AsyncGenerator<CsvBlock, void, undefined> {
  const parser = new CsvRecords(file.name);
  let firstLine = 1;
  let badUtf8Line: number | null = null;
  for await (const { bytes, final, bytesRead } of wholeLines(file)) {
    if (badUtf8Line === null && !isUtf8(bytes)) badUtf8Line = firstLine + firstBadLine(bytes);
    firstLine += countNewlines(bytes);
    yield { records: parser.push(bytes.toString('utf8'), final), badUtf8Line, bytesRead };
  }
}

/** Cuts the file after newlines, which are never within a character of UTF-8, so that each block decodes by itself. */
async function* wholeLines(
  file: CsvFile,
): AsyncGenerator<{ bytes: Buffer; final: boolean; bytesRead: number }, void, undefined> {
  const handle = await open(file);
  try {
    let rest: Buffer = Buffer.alloc(0);
    let bytesRead = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(READ_BYTES);
      const { bytesRead: count } = await handle.read(chunk, 0, READ_BYTES).catch((error) => {
        throw unreadable(file, error);
      });
      if (bytesRead === 0) refuseCompressed(file, chunk.subarray(0, count));
      if (bytesRead === 0 && chunk.subarray(0, Math.min(3, count)).equals(BOM)) rest = chunk.subarray(3, count);
      else rest = rest.length === 0 ? chunk.subarray(0, count) : Buffer.concat([rest, chunk.subarray(0, count)]);
      bytesRead += count;
      if (count === 0) {
        yield { bytes: rest, final: true, bytesRead };
        return;
      }
      const end = rest.lastIndexOf(NEWLINE) + 1;
      if (end > 0) yield { bytes: rest.subarray(0, end), final: false, bytesRead };
      rest = rest.subarray(end);
      if (rest.length > 4 * LONGEST_RECORD)
        throw new FinanceDbError('FILE_UNREADABLE', `${file.name} has lines of more than 4 MB: it is not a CSV file`, {
          remedy: 'give a CSV file whose lines end in LF or CRLF',
        });
    }
  } finally {
    await handle.close();
  }
}

/** How files begin that hold others, and what unpacks them. */
const COMPRESSED: readonly (readonly [format: string, start: string, command: string])[] = [
  ['gzip', '1f8b', 'gunzip -k'],
  ['zstd', '28b52ffd', 'zstd -d'],
  ['bzip2', '425a68', 'bunzip2 -k'],
  ['xz', 'fd377a585a00', 'xz -dk'],
  ['zip', '504b0304', 'unzip'],
];

function refuseCompressed(file: CsvFile, bytes: Buffer): void {
  const start = bytes.subarray(0, 8).toString('hex');
  const [format, , command] = COMPRESSED.find(([, magic]) => start.startsWith(magic)) ?? [];
  if (format !== undefined)
    throw new FinanceDbError(
      'FILE_UNREADABLE',
      `${file.name} is compressed (${format}), and is read uncompressed only`,
      {
        remedy: `unpack it first: ${command} '${file.name}'`,
        details: { file: file.name, format },
      },
    );
}

async function open(file: CsvFile): Promise<fs.promises.FileHandle> {
  try {
    // A pipe could not be read twice: its header, then its rows. Told before opening, which would wait for a writer.
    if (!(await fs.promises.stat(file.path)).isFile())
      throw new FinanceDbError('FILE_UNREADABLE', `${file.name} is not a regular file`, {
        remedy: 'write the rows to a file first and give that',
      });
    return await fs.promises.open(file.path, 'r');
  } catch (error) {
    throw isFinanceDbError(error) ? error : unreadable(file, error);
  }
}

function unreadable(file: CsvFile, error: unknown): FinanceDbError {
  return unreadableFile(file.name, error);
}

function firstBadLine(bytes: Buffer): number {
  let line = 0;
  for (let at = 0; at < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  return line;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
