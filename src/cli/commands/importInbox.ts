import { importFiles } from '../../app/import/import.ts';
import { type FiledInput, fileInbox, openInbox } from '../../app/import/inbox.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { importDocument, importLine, refusedLine } from '../../render/importReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import type { CommandContext } from '../context.ts';
import { type ImportFlags, importRequest } from '../importFlags.ts';

/** `import --inbox DIR`: whatever lies there comes in and moves to done/ or refused/; one line a file, for cron. */
export async function inboxCommand(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<number> {
  const { io, output } = context;
  if (files.length > 0)
    throw new FinanceDbError('USAGE', '--inbox takes the folder alone', { remedy: 'leave the files out' });
  const inbox = await openInbox(io.cwd, flags.inbox ?? '');
  const progress = openProgress(io, output);
  const filed = new Map<string, FiledInput>(inbox.files.map((file) => [file, { file, refused: [], imported: 0 }]));
  const of = (name: string): FiledInput | undefined =>
    filed.get(name) ?? [...filed.values()].find(({ file }) => name.startsWith(`${file}/`));
  const say = (line: string): void => {
    if (!output.json && !output.quiet) io.stdout.write(`${line}\n`);
  };
  const request = await importRequest(context, flags, progress);
  try {
    const result = await importFiles(request, inbox.files, {
      onImported: (one) => {
        const entry = of(one.file);
        if (entry !== undefined) entry.imported++;
        say(importLine(one, io.now()));
      },
      onRefused: (one) => {
        of(one.file)?.refused.push(one.error);
        if (!output.json) io.stderr.write(`${refusedLine(one, io.now())}\n`);
      },
    }).finally(progress.stop);
    if (output.json) await writeJsonDocument(io, importDocument(result));
    return result.refused.length > 0 ? 2 : 0;
  } finally {
    // A file that was not reached stays where it is; one that came in again would only be known.
    if (!request.dryRun)
      for (const entry of filed.values())
        if (entry.imported > 0 || entry.refused.length > 0) await fileInbox(inbox, entry, io.now());
  }
}
