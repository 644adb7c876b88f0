import { PassThrough, Readable } from 'node:stream';
import type { Io } from '../../src/io.ts';
import { run } from '../../src/main.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Typed ahead at a terminal. */
  readonly keys?: string;
  readonly signal?: AbortSignal;
  /** Pretend to be a terminal of that width. */
  readonly columns?: number;
  readonly now?: Date;
}

/** Runs the tool in this process with streams of its own, as a user would type it. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const stdout = collector(options.columns);
  // Where keys are typed, progress is no part of what is looked at.
  const stderr = collector(options.keys === undefined ? options.columns : undefined);
  const io: Io = {
    stdin: Object.assign(Readable.from([options.stdin ?? options.keys ?? []].flat()), {
      isTTY: options.keys !== undefined,
    }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal: options.signal ?? new AbortController().signal,
    cwd: options.cwd ?? '/',
    now: () => options.now ?? new Date(),
  };
  const code = await run(argv, io, { PATH: process.env.PATH, NO_COLOR: '1', ...options.env });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(columns: number | undefined): { stream: Io['stdout']; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(stream, terminal), text: () => Buffer.concat(chunks).toString('utf8') };
}
