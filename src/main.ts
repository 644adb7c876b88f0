import type { Command } from 'commander';
import { FinanceDbError } from './errors/financeDbError.ts';
import type { Io } from './io.ts';

/**
 * Runs one command of the tool.
 * @param argv the arguments after the program's name
 * @returns the exit code; every error has become text on stderr (and with --json a document on stdout)
 */
export async function run(argv: readonly string[], given: Io, env: NodeJS.ProcessEnv): Promise<number> {
  const { guardOutput } = await import('./render/terminalStream.ts');
  const io = guardOutput(given);
  let program: Command | undefined;
  try {
    const { buildProgram, parseProgram } = await import('./cli/program.ts');
    program = buildProgram(io, env);
    return await parseProgram(program, argv.map(protectSqlComment));
  } catch (error) {
    const { reportError } = await import('./cli/reportError.ts');
    return reportError(error, argv, io, env);
  }
}

/** SQL may begin with a comment, `-- like this`, which would be taken for a flag. */
function protectSqlComment(argument: string): string {
  return /^--\s/.test(argument) ? ` ${argument}` : argument;
}

/** The process: real streams, signals, exit code. */
export async function main(): Promise<void> {
  const interruption = new AbortController();
  const stop = (name: 'SIGINT' | 'SIGTERM'): void => {
    // The second signal ends the process at once; what a killed sync leaves behind is harmless.
    if (interruption.signal.aborted) {
      leaveSignalsAlone();
      process.exit(name === 'SIGINT' ? 130 : 143);
    }
    interruption.abort(interruptionError(name));
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  // A reader such as `head` that has seen enough ends us quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    // Anything else is told to whoever writes (render/sink.ts).
  });
  process.stderr.on('error', () => undefined);
  const io: Io = {
    // Opened when first read: most commands never do.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interruption.signal,
    cwd: process.cwd(),
    now: () => new Date(),
  };
  const code = await run(process.argv.slice(2), io, process.env);
  process.exitCode = code;
  // Native threads may keep the loop alive; everything was awaited, so leave as soon as the output is out.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  leaveSignalsAlone();
  process.exit(code);
}

/** Ending waits for native threads, and a query may take no notice of being interrupted: then Ctrl-C still ends it. */
function leaveSignalsAlone(): void {
  for (const name of ['SIGINT', 'SIGTERM']) process.removeAllListeners(name);
}

/** What an interrupted command throws: io.signal's reason. */
function interruptionError(name: 'SIGINT' | 'SIGTERM'): FinanceDbError {
  return name === 'SIGINT'
    ? new FinanceDbError('INTERRUPTED', 'interrupted')
    : new FinanceDbError('TERMINATED', 'terminated');
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
