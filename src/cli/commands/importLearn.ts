import { previewLine } from '../../app/import/doubtful.ts';
import { type Learnt, learnProfile } from '../../app/import/learn.ts';
import { removeProfile } from '../../app/import/profiles.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { columnsOf } from '../../io.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { printable, printableText } from '../../render/printable.ts';
import { openProgress } from '../../render/progress.ts';
import { writeText } from '../../render/sink.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';
import { type ImportFlags, importRequest } from '../importFlags.ts';
import { importNamed } from './importNamed.ts';

/** `import --learn FILE`: keeps the guessed layout as a profile, and says what to look at; with --yes it imports the file by it. */
export async function learnCommand(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<number> {
  const { io, output } = context;
  const [file, ...others] = files;
  if (file === undefined || others.length > 0)
    throw new FinanceDbError('USAGE', '--learn takes one CSV file', { remedy: 'name one file' });
  if (flags.dryRun === true)
    throw new FinanceDbError('USAGE', '--learn writes a profile, and --dry-run is to write nothing', {
      remedy: `leave one of them out: \`finance-db import FILE --dry-run\` shows how a file would be read`,
    });
  if (flags.yes === true && file === '-')
    throw new FinanceDbError('USAGE', '--learn --yes reads the file twice, and stdin can be read once', {
      remedy: 'write it to a file first, and name that',
    });
  const progress = openProgress(io, output);
  const learnt = await learnProfile(await importRequest(context, flags, progress), file).finally(progress.stop);
  const { name, path, proof, doubts } = learnt;
  if (flags.yes !== true && output.json) {
    await writeJsonDocument(io, { status: 'ok', profile: name, path, proof, doubts, next: learnt.next });
    return 0;
  }
  const text = `${linesOf(learnt, flags.yes === true).join('\n')}\n`;
  if (!output.quiet && !output.json)
    await writeText(io.stdout, wrapText(printableText(text), columnsOf(io.stdout, context.env), 2));
  if (flags.yes !== true) return 0;
  const code = await importNamed(context, [learnt.file], { ...flags, profile: name }, { profile: name, path });
  // It was said to be right, and is not: whoever wants to correct it keeps it without --yes.
  if (code !== 0 && learnt.made) await removeProfile(context.config.home, name);
  return code;
}

/** What was kept, and what to look at: all of it where nobody has said yet that it is right. */
function linesOf(learnt: Learnt, confirmed: boolean): string[] {
  const { name, file, path, made, namedOnly, proof, doubts, preview, next } = learnt;
  const kept = made
    ? `Kept how ${file} is read as the profile ${name}: ${path}`
    : `The profile ${name} was there already, the very same: ${path}`;
  const later = namedOnly === null ? [] : [`It is used only when it is named (--profile ${name}): ${namedOnly}.`];
  if (confirmed) return [kept, ...later];
  return [
    kept,
    ...(proof === null ? [] : [`It is proven: ${proof}.`]),
    ...doubts.map((doubt) => `  look at this: ${doubt}`),
    ...(preview.length === 0 ? [] : ['The first rows as it reads them:']),
    ...preview.map((row) => printable(previewLine(row))),
    ...later,
    `If a row is wrong, edit the profile (docs/profiles.md). Then: \`${next}\``,
  ];
}
