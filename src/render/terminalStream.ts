import type { Io } from '../io.ts';
import { printableText } from './printable.ts';
import { wrapText } from './wrap.ts';

/** Guarded streams and what they guard. Global, since some commands have a bundle of their own (scripts/build.mjs). */
const SHARED = Symbol.for('finance-db.guardedStreams');
const shared = globalThis as { [SHARED]?: WeakMap<object, NodeJS.WritableStream> };
shared[SHARED] ??= new WeakMap();
const raw = shared[SHARED];

/**
 * The streams as commands see them: whatever is written to a terminal, and to stderr wherever it goes, is neutralised on
 * the way (see printableText), so that no data reaches a terminal as a command to it, whichever message brought it. A
 * stdout that is a file or a pipe gets every byte as it is. On a terminal stderr, which holds sentences alone, breaks no word.
 */
export function guardOutput(io: Io): Io {
  return Object.create(io, {
    stdout: { value: io.stdout.isTTY === true ? guarded(io.stdout, false) : io.stdout },
    stderr: { value: guarded(io.stderr, false, true) },
  }) as Io;
}

/** The same stream for text that holds our own colours, and whose data went through `printable` before it got them. */
export function styledStream<T extends NodeJS.WritableStream>(stream: T): T {
  return raw.has(stream) ? guarded(unguarded(stream), true) : stream;
}

/** The stream itself, for what draws with cursor movements of its own (readline, the spinner). */
export function unguarded<T extends NodeJS.WritableStream>(stream: T): T {
  return (raw.get(stream) as T | undefined) ?? stream;
}

function guarded<T extends NodeJS.WritableStream>(stream: T, styled: boolean, prose = false): T {
  const write = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const safe = printableText(text, styled);
    return stream.write(prose ? wrapText(safe, terminalColumns(stream), 2) : safe, ...rest);
  };
  const proxy = new Proxy(stream, {
    get(target, name) {
      if (name === 'write') return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  raw.set(proxy, stream);
  return proxy;
}

function terminalColumns(stream: NodeJS.WritableStream): number {
  const { isTTY, columns = 0 } = stream as Partial<NodeJS.WriteStream>;
  return isTTY === true && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}
