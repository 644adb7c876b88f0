import ora, { type Ora } from 'ora';
import type { Io } from '../io.ts';
import { counted } from '../model/counted.ts';
import { printable } from './printable.ts';
import { unguarded } from './terminalStream.ts';

/** What a load tells of itself while it runs. */
interface LoadProgress {
  readonly table: string;
  /** Null while changes are looked for. */
  readonly rows: number | null;
  readonly bytes: number;
  readonly fraction: number | null;
}

export interface Progress {
  /** Whether somebody sees it on a terminal. */
  readonly draws: boolean;
  load(progress: LoadProgress): void;
  /** A line of another kind, such as what is being done now. */
  say(text: string): void;
  stop(): void;
}

const SILENT: Progress = { draws: false, load: () => undefined, say: () => undefined, stop: () => undefined };
const LEAST_INTERVAL_MS = 100;

/** Set to `ipc` by a program of ours that starts a command and wants to be told, whatever the command prints. */
const TO_PARENT = 'FINANCE_DB_PROGRESS';
const PARENT_INTERVAL_MS = 250;

/** What is told to the program that started this one. */
export interface ProgressMessage {
  /** From 0 to 1; null where it is not known. */
  readonly done: number | null;
  readonly text: string;
}

function toParent(send: (message: { progress: ProgressMessage }, told: () => void) => void): Progress {
  let last = Number.NEGATIVE_INFINITY;
  // Its end ends nothing here: that is what signals are for.
  const tell = (done: number | null, text: string): void => {
    last = performance.now();
    send({ progress: { done, text } }, () => undefined);
  };
  return {
    draws: false,
    load: (progress) => {
      if (performance.now() - last >= PARENT_INTERVAL_MS) tell(progress.fraction, loadText(progress, 0));
    },
    say: (text) => tell(null, text),
    stop: () => undefined,
  };
}

/**
 * Progress on a terminal (rows, rate, time left), on stderr; nothing elsewhere, so that cron mails stay short. Nor on a
 * terminal that reports no width (serial lines, `script` in a pipeline): nobody can tell how many of its lines to take
 * back, and the spinner would take back lines without end.
 */
export function openProgress(
  io: Io,
  output: { readonly quiet: boolean; readonly color: boolean; readonly dumb: boolean },
): Progress {
  if (process.env[TO_PARENT] === 'ipc' && process.send !== undefined) return toParent(process.send.bind(process));
  const drawable = io.stderr.isTTY === true && (io.stderr.columns ?? 0) > 0;
  if (!drawable || output.quiet || output.dumb) return SILENT;
  let spinner: Ora | undefined;
  const begun = new Map<string, number>();
  let last = 0;
  const show = (text: string): void => {
    spinner ??= ora({
      stream: unguarded(io.stderr) as NodeJS.WriteStream,
      discardStdin: false,
      // A cursor that was never hidden need not come back: not after Ctrl-Z, nor after a kill.
      hideCursor: false,
      ...(output.color ? {} : { color: false as never }),
    }).start();
    spinner.text = printable(text);
  };
  return {
    draws: true,
    load: (progress) => {
      const now = performance.now();
      const since = begun.get(progress.table) ?? now;
      // The look for changes is no part of the time that rows take.
      if (progress.rows !== null) begun.set(progress.table, since);
      if (now - last < LEAST_INTERVAL_MS) return;
      last = now;
      show(loadText(progress, (now - since) / 1000));
    },
    say: show,
    stop: () => {
      spinner?.stop();
      spinner = undefined;
    },
  };
}

/** `transactions  1,234,567 rows  385,000 rows/s  about 8 s left`, or `transactions  looking for changes  42 %`. */
export function loadText(progress: LoadProgress, seconds: number): string {
  const { rows, fraction } = progress;
  if (rows === null) return `${progress.table}  looking for changes  ${Math.round((fraction ?? 0) * 100)} %`;
  const parts = [progress.table, counted(rows, 'row')];
  if (seconds >= 0.5) parts.push(`${counted(Math.round(rows / seconds), 'row')}/s`);
  if (fraction !== null && fraction > 0.02 && seconds >= 0.5)
    parts.push(`about ${Math.max(1, Math.round((seconds / fraction) * (1 - fraction)))} s left`);
  return parts.join('  ');
}
