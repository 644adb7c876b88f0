import { importFiles } from '../../app/import/import.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { columnsOf } from '../../io.ts';
import { importDocument } from '../../render/importDocument.ts';
import { importLine, refusedLine, renderRefused } from '../../render/importLines.ts';
import { renderImport } from '../../render/importReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';
import { type ImportFlags, importRequest } from '../importFlags.ts';
import { tableStyle } from '../tableOptions.ts';

/** `finance-db import`: files in, or a look at what came in and a way back. */
export async function importCommand(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<number> {
  const others = (['list', 'undo', 'restore', 'learn', 'inbox'] as const).filter((name) => flags[name] !== undefined);
  if (others.length > 1)
    throw new FinanceDbError('USAGE', `--${others.join(' and --')} exclude each other`, { remedy: 'give one of them' });
  if (flags.force === true && flags.undo === undefined)
    throw new FinanceDbError('USAGE', '--force goes with --undo', { remedy: 'leave it out' });
  const [other] = others;
  if (other === 'list' || other === 'undo' || other === 'restore') {
    if (files.length > 0)
      throw new FinanceDbError('USAGE', `--${other} takes the number of an import and no files`, {
        remedy: 'leave the files out',
      });
    const { listCommand, restoreCommand, undoCommand } = await import('./importManage.ts');
    if (other === 'list') return listCommand(context, flags.list ?? true);
    if (other === 'undo') return undoCommand(context, flags.undo ?? '', flags.force === true);
    return restoreCommand(context, flags.restore ?? '');
  }
  if (other === 'learn') return (await import('./importLearn.ts')).learnCommand(context, files, flags);
  if (other === 'inbox') return (await import('./importInbox.ts')).inboxCommand(context, files, flags);
  if (files.length === 0)
    throw new FinanceDbError('USAGE', 'no file was named', {
      remedy: 'give statement files, a folder of them, a .zip, or - for stdin; --list shows what came so far',
    });
  return importNamed(context, files, flags);
}

async function importNamed(context: CommandContext, files: readonly string[], flags: ImportFlags): Promise<number> {
  const { io, output } = context;
  const progress = openProgress(io, output);
  const shown = output.json || output.quiet || io.stdout.isTTY === true || flags.dryRun === true;
  const result = await importFiles(await importRequest(context, flags, progress), files, {
    onImported: (one) => {
      if (!shown) io.stdout.write(`${importLine(one, io.now())}\n`);
    },
    onRefused: (one) => {
      if (!asText(context, flags)) io.stderr.write(`${refusedLine(one, io.now())}\n`);
    },
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, importDocument(result));
  else if (shown && !output.quiet) styledStream(io.stdout).write(renderImport(result, tableStyle(context)));
  if (asText(context, flags) && result.refused.length > 0)
    io.stderr.write(wrapText(renderRefused(result.refused), columnsOf(io.stderr, context.env), 2));
  return result.refused.length > 0 ? 2 : 0;
}

/** Refused files are told after the tables, for people; elsewhere each in a line, when it is its turn. */
function asText({ io, output }: CommandContext, flags: ImportFlags): boolean {
  return io.stderr.isTTY === true || output.json || flags.dryRun === true;
}
