import { spawn } from 'node:child_process';
import type readline from 'node:readline';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { Io } from '../../io.ts';
import { unguarded } from '../../render/terminalStream.ts';

/** Lends the terminal to another program while `run` runs. */
export type Lend = <T>(run: () => Promise<T>) => Promise<T>;

type RawInput = NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => void };

/** The keys go to the other program, and so does Ctrl-C, which a terminal sends to everybody. */
export function lendTerminal(io: Io, lines: readline.Interface): Lend {
  const input: RawInput = io.stdin;
  return async (run) => {
    const raw = io.stdin.isTTY === true && input.setRawMode !== undefined;
    const interrupts = process.listeners('SIGINT');
    process.removeAllListeners('SIGINT');
    process.on('SIGINT', ignore);
    lines.pause();
    if (raw) input.setRawMode?.(false);
    try {
      return await run();
    } finally {
      if (raw) input.setRawMode?.(true);
      lines.resume();
      process.off('SIGINT', ignore);
      for (const listener of interrupts) process.on('SIGINT', listener);
    }
  };
}

function ignore(): void {
  // Meant for the program that has the terminal.
}

/** A program that was started in the foreground. */
export interface Foreground {
  readonly stdin: NodeJS.WritableStream | null;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts a shell command with the terminal for its own.
 * @param args what the command finds as "$1" …
 */
export function startForeground(
  io: Io,
  env: NodeJS.ProcessEnv,
  command: string,
  options: { readonly args?: readonly string[]; readonly piped: boolean },
): Foreground {
  const stdout = unguarded(io.stdout);
  const own = stdout === process.stdout;
  const child = spawn('/bin/sh', ['-c', command, 'sh', ...(options.args ?? [])], {
    env,
    stdio: [options.piped ? 'pipe' : 'inherit', own ? 'inherit' : 'pipe', 'inherit'],
  });
  child.stdout?.on('data', (data: Buffer) => stdout.write(data));
  // A pager that is left early reads no more.
  child.stdin?.on('error', ignore);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new FinanceDbError('USAGE', `cannot start ${command}: ${error.message}`, { cause: error })),
    );
    child.on('close', resolve);
  });
  return { stdin: child.stdin, ended };
}
