import { previewLine } from '../../app/import/doubtful.ts';
import { learnProfile } from '../../app/import/learn.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { shellWord } from '../../model/crontab.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { printable, printableText } from '../../render/printable.ts';
import { openProgress } from '../../render/progress.ts';
import { writeText } from '../../render/sink.ts';
import type { CommandContext } from '../context.ts';
import { type ImportFlags, importRequest } from '../importFlags.ts';

/** `import --learn FILE`: keeps the guessed layout as a profile, and says what to look at. */
export async function learnCommand(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<number> {
  const { io, output } = context;
  const [file, ...others] = files;
  if (file === undefined || others.length > 0)
    throw new FinanceDbError('USAGE', '--learn takes one CSV file', { remedy: 'name one file' });
  const progress = openProgress(io, output);
  const request = await importRequest(context, flags, progress);
  const learnt = await learnProfile(request, file).finally(progress.stop);
  if (output.json) {
    const { name, path, proof, doubts } = learnt;
    await writeJsonDocument(io, { status: 'ok', profile: name, path, proof, doubts });
    return 0;
  }
  const lines = [
    `Kept how ${file} is read as the profile ${learnt.name}: ${learnt.path}`,
    ...(learnt.proof === null ? [] : [`It is proven: ${learnt.proof}.`]),
    ...learnt.doubts.map((doubt) => `  look at this: ${doubt}`),
    ...(learnt.preview.length === 0 ? [] : ['The first rows as it reads them:']),
    ...learnt.preview.map((row) => printable(previewLine(row))),
    `If a row is wrong, edit the profile (docs/profiles.md). Then: finance-db import ${shellWord(file)}`,
  ];
  if (!output.quiet) await writeText(io.stdout, printableText(`${lines.join('\n')}\n`));
  return 0;
}
