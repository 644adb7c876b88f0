import { columnsOf } from '../io.ts';
import type { ResultTableOptions } from '../render/resultTable.ts';
import type { TableStyle } from '../render/table.ts';
import type { CommandContext } from './context.ts';

/** Tables show this many rows unless --max-rows says otherwise: a terminal scrolls, a file does not. */
const TERMINAL_ROWS = 100;
const PIPED_ROWS = 10_000;

/** How tables are drawn on stdout: cut to the width of the terminal or COLUMNS, whole where neither says. */
export function tableStyle({ io, output, env }: CommandContext): TableStyle {
  return { width: columnsOf(io.stdout, env), color: output.color, ascii: output.ascii };
}

/** How the tables of results are drawn. */
export function tableOptions(context: CommandContext, maxRows: number | undefined): ResultTableOptions {
  const terminal = context.io.stdout.isTTY === true;
  return {
    ...tableStyle(context),
    maxRows: maxRows === 0 ? Number.POSITIVE_INFINITY : (maxRows ?? (terminal ? TERMINAL_ROWS : PIPED_ROWS)),
  };
}
