import type { ResultTableOptions } from '../render/resultTable.ts';
import type { CommandContext } from './context.ts';

/** Tables show this many rows unless --max-rows says otherwise: a terminal scrolls, a file does not. */
const TERMINAL_ROWS = 100;
const PIPED_ROWS = 10_000;

/** How tables are shown: cut to the terminal's width, whole when the output is no terminal. */
export function tableOptions({ io, output }: CommandContext, maxRows: number | undefined): ResultTableOptions {
  const terminal = io.stdout.isTTY === true;
  return {
    width: terminal ? (io.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
    color: output.color && terminal,
    maxRows: maxRows === 0 ? Number.POSITIVE_INFINITY : (maxRows ?? (terminal ? TERMINAL_ROWS : PIPED_ROWS)),
  };
}
