import fs from 'node:fs';
import path from 'node:path';
import { columnsOf, type Io } from '../../io.ts';
import { printableText } from '../../render/printable.ts';
import { type Sink, streamSink } from '../../render/sink.ts';
import { displayWidth } from '../../render/width.ts';
import { type Lend, startForeground } from './foreground.ts';

/** What `less` does when its user has set nothing: colours pass, long lines are moved along, not folded. */
const LESS = '-RS';
const USUAL_ROWS = 24;

/**
 * The program that shows what is longer or wider than the screen: $PAGER, or less where that is not set; null when it is
 * set to nothing or to cat, and where the output is no terminal.
 */
export function pagerCommand(io: Io, env: NodeJS.ProcessEnv): string | null {
  if (io.stdout.isTTY !== true || env.TERM === 'dumb') return null;
  if (env.PAGER !== undefined) return /^\s*(cat)?\s*$/.test(env.PAGER) ? null : env.PAGER;
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => fs.existsSync(path.join(folder, 'less'))) ? 'less' : null;
}

export interface PagerOptions {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  readonly lend: Lend;
  /** Whether the text holds our own colours. */
  readonly styled: boolean;
  /** Where to write what fits the screen. */
  readonly direct: Sink;
}

interface Running {
  readonly sink: Sink;
  readonly end: () => void;
  /** Resolves when its user has left it. */
  readonly left: Promise<void>;
}

/** Writes to the terminal what fits it, and all of what does not to the pager. */
export function pagerSink(io: Io, options: PagerOptions): Sink {
  const rows = (io.stdout as { rows?: number }).rows || USUAL_ROWS;
  const columns = columnsOf(io.stdout, options.env);
  let held = '';
  let pager: Running | null = null;

  const fits = (): boolean => {
    const lines = held.split('\n');
    // The prompt and the count of rows want their lines too.
    return lines.length <= rows - 2 && lines.every((line) => displayWidth(line) <= columns);
  };
  const start = (): Running => {
    const env = { ...options.env, LESS: options.env.LESS ?? LESS };
    let stdin: NodeJS.WritableStream | null = null;
    const left = options.lend(async () => {
      const program = startForeground(io, env, options.command, { piped: true });
      stdin = program.stdin;
      await program.ended;
    });
    return { sink: streamSink(stdin ?? io.stdout), end: () => stdin?.end(), left };
  };
  return {
    async write(text) {
      if (pager !== null) return pager.sink.write(printableText(text, options.styled));
      held += text;
      if (fits()) return true;
      pager = start();
      return pager.sink.write(printableText(held, options.styled));
    },
    async finish() {
      if (pager === null) {
        await options.direct.write(held);
        return options.direct.finish();
      }
      pager.end();
      await pager.left;
    },
  };
}
