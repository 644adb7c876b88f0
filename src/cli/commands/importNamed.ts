import { importFiles } from '../../app/import/import.ts';
import { columnsOf } from '../../io.ts';
import { importDocument } from '../../render/importDocument.ts';
import { importLine, leftAsideLine, refusedLine, renderRefused } from '../../render/importLines.ts';
import { renderImport } from '../../render/importReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';
import { type ImportFlags, importRequest } from '../importFlags.ts';
import { tableStyle } from '../tableOptions.ts';

/** Imports files as the flags say, and tells what came of it. @param beside more for the JSON document */
export async function importNamed(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
  beside: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const { io, output } = context;
  const progress = openProgress(io, output);
  const shown = output.json || output.quiet || io.stdout.isTTY === true || flags.dryRun === true;
  const result = await importFiles(await importRequest(context, flags, progress), files, {
    onImported: (one, sample) => {
      if (!shown) io.stdout.write(`${importLine(one, sample, io.now())}\n`);
    },
    onLeftAside: (one) => {
      if (!shown) io.stdout.write(`${leftAsideLine(one, io.now())}\n`);
    },
    onRefused: (one) => {
      if (!asText(context, flags)) io.stderr.write(`${refusedLine(one, io.now())}\n`);
    },
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, { ...importDocument(result), ...beside });
  else if (shown && !output.quiet) styledStream(io.stdout).write(renderImport(result, tableStyle(context)));
  if (asText(context, flags) && result.refused.length > 0)
    io.stderr.write(wrapText(renderRefused(result.refused), columnsOf(io.stderr, context.env), 2));
  return result.refused.length > 0 ? 2 : 0;
}

/** Refused files are told after the tables, for people; elsewhere each in a line, when it is its turn. */
function asText({ io, output }: CommandContext, flags: ImportFlags): boolean {
  return io.stderr.isTTY === true || output.json || flags.dryRun === true;
}
