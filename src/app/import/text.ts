import fs from 'node:fs';
import type { FinanceDbError } from '../../errors/financeDbError.ts';
import { unreadableFile } from '../../files/unreadable.ts';
import type { Encoding } from '../../ingest/encoding.ts';
import { TextDecoding } from '../../ingest/textDecoding.ts';
import type { InputFile } from './inputFile.ts';

const READ_BYTES = 1 << 18;

/**
 * The bytes of a file, piece by piece. A piece is valid until the next is asked for.
 * @throws FinanceDbError FILE_UNREADABLE
 */
export async function* readBytes(input: InputFile, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const unreadable = (error: unknown): FinanceDbError => unreadableFile(input.name, error);
  const handle = await fs.promises.open(input.path, 'r').catch((error) => {
    throw unreadable(error);
  });
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES).catch((error) => {
        throw unreadable(error);
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The text of a file, piece by piece; the last piece, which may be empty, is `final`. */
export async function* decodedText(
  input: InputFile,
  encoding: Encoding,
  signal: AbortSignal,
): AsyncGenerator<{ text: string; final: boolean; bytesRead: number }, void, undefined> {
  const decoding = new TextDecoding(input.name, encoding);
  let bytesRead = 0;
  for await (const bytes of readBytes(input, signal)) {
    bytesRead += bytes.length;
    yield { text: decoding.push(bytes), final: false, bytesRead };
  }
  yield { text: decoding.push(Buffer.alloc(0), true), final: true, bytesRead };
}
