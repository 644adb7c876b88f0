import { spawn } from 'node:child_process';
import type { ProgressMessage } from '../../render/progress.ts';
import type { SyncOptions } from './serveOptions.ts';

/** How a command of this tool ended. */
export interface ChildOutcome {
  /** Null when it was killed. */
  readonly code: number | null;
  /** What went wrong; null when nothing did. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}

export interface ChildCommand {
  readonly done: Promise<ChildOutcome>;
  /** Tells it to stop, and makes it after a while. */
  stop(): void;
}

/** A document is short; a command that prints without end does not fill our memory. */
const MOST_OUTPUT = 1_000_000;
const STOP_MS = 5000;

/**
 * Runs a command of this very tool beside the server: what a sync does with files would hold up every page.
 * @param args the command and its flags; --json is added, so that errors come as a document
 * @param onProgress told how far it is, a few times a second at most
 */
export function runChild(
  options: SyncOptions,
  args: readonly string[],
  onProgress: (progress: ProgressMessage) => void = () => undefined,
): ChildCommand {
  const [program = process.execPath, ...first] = options.program;
  const child = spawn(program, [...first, ...args, '--json', '--quiet', ...options.flags], {
    cwd: options.cwd,
    env: { ...options.env, FINANCE_DB_PROGRESS: 'ipc' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.on('message', (message) => {
    const { progress } = (message ?? {}) as { progress?: Partial<ProgressMessage> };
    const { done, text } = progress ?? {};
    if (typeof text === 'string') onProgress({ done: typeof done === 'number' ? done : null, text });
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < MOST_OUTPUT) stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  let force: NodeJS.Timeout | undefined;
  const done = new Promise<ChildOutcome>((resolve) => {
    child.once('error', (error) => resolve({ code: null, problem: ownProblem(error.message) }));
    child.once('close', (code) => {
      clearTimeout(force);
      resolve({ code, problem: code === 0 ? null : problemIn(stdout, stderr) });
    });
  });
  return {
    done,
    stop() {
      child.kill('SIGTERM');
      force ??= setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    },
  };
}

function problemIn(stdout: string, stderr: string): NonNullable<ChildOutcome['problem']> {
  try {
    const { error } = JSON.parse(stdout) as { error?: { code?: string; message?: string; remedy?: string } };
    if (error?.code !== undefined)
      return { code: error.code, message: error.message ?? '', remedy: error.remedy ?? '' };
  } catch {
    // It was killed, or could not even begin.
  }
  return ownProblem(stderr.trim().split('\n').at(-1) ?? '');
}

function ownProblem(message: string): NonNullable<ChildOutcome['problem']> {
  return {
    code: 'INTERNAL',
    message: message === '' ? 'the sync ended without a word' : message,
    remedy: 'run `finance-db sync`',
  };
}
