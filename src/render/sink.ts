import { once } from 'node:events';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { unguarded } from './terminalStream.ts';

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
  const remembered = failureOf(unguarded(stream));
  const readerGone = (): boolean => {
    const { failure } = remembered;
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
        // `once` rejects on 'error', which is remembered by then.
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

interface Remembered {
  failure: unknown;
}

/** What went wrong with a stream; one listener each, however many sinks it gets (a prompt makes one a statement). */
const failures = new WeakMap<NodeJS.WritableStream, Remembered>();

function failureOf(stream: NodeJS.WritableStream): Remembered {
  const known = failures.get(stream);
  if (known !== undefined) return known;
  const remembered: Remembered = { failure: null };
  failures.set(stream, remembered);
  stream.on('error', (error: unknown) => {
    remembered.failure ??= error;
  });
  return remembered;
}

/** Writes a whole text to stdout and waits until it is taken; quiet when nobody reads. */
export async function writeText(stream: NodeJS.WritableStream, text: string): Promise<void> {
  const sink = streamSink(stream);
  await sink.write(text);
  await sink.finish();
}
