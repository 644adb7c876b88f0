import { proseColumns } from '../io.ts';
import { wrapText } from '../render/wrap.ts';
import type { CommandContext } from './context.ts';

/** Says on stderr what went well but not quite; a terminal gets lines of whole words. */
export function printWarnings({ io, env }: CommandContext, warnings: readonly string[]): void {
  const width = proseColumns(io.stderr, env);
  for (const warning of warnings) io.stderr.write(`${wrapText(`warning: ${warning}`, width, 2)}\n`);
}
