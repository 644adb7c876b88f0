import { once } from 'node:events';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';

/** Where text goes, with backpressure. */
export interface Sink {
  /** Resolves when more may be written; false when nobody reads any more (`| head`), and writing is pointless. */
  write(text: string): Promise<boolean>;
  /** Waits until everything written was handed over, and lets go of the stream. */
  finish(): Promise<void>;
}

/**
 * Writes to a stream that outlives us (stdout). A reader that goes away ends the output quietly; any other failure
 * throws.
 * @throws FinanceDbError DISK_FULL, or FILE_NOT_WRITABLE with the system's message, from `write` and `finish`.
 */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  let failure: unknown = null;
  const remember = (error: unknown): void => {
    failure ??= error;
  };
  stream.on('error', remember);
  const readerGone = (): boolean => {
    if (failure === null) return false;
    const code = codeOf(failure);
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET') return true;
    if (code === 'ENOSPC')
      throw new FinanceDbError('DISK_FULL', 'no space left where the output goes', { cause: failure });
    throw new FinanceDbError('FILE_NOT_WRITABLE', `cannot write the output: ${messageOf(failure)}`, { cause: failure });
  };
  return {
    async write(text) {
      if (readerGone()) return false;
      if (text === '') return true;
      if (!stream.write(text)) {
        // `once` rejects on 'error', which `remember` has seen by then.
        await once(stream, 'drain').catch(() => undefined);
      }
      return !readerGone();
    },
    async finish() {
      if (!readerGone()) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      readerGone();
      // The listener stays: a late EPIPE of stdout must not become an uncaught error.
    },
  };
}

/** Writes a whole text to stdout and waits until it is taken; quiet when nobody reads. */
export async function writeText(stream: NodeJS.WritableStream, text: string): Promise<void> {
  const sink = streamSink(stream);
  await sink.write(text);
  await sink.finish();
}
