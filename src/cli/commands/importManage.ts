import {
  type ListedImport,
  type ManageRequest,
  readImport,
  readImports,
  restore,
  undo,
} from '../../app/import/manage.ts';
import {
  listedDocument,
  listedRowText,
  renderImports,
  renderRestored,
  renderRow,
  renderUndone,
  undoneDocument,
} from '../../render/importList.ts';
import { jsonText, writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { streamSink } from '../../render/sink.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tellWaiting } from '../importFlags.ts';
import { tableStyle } from '../tableOptions.ts';

/** Rows of one import that a terminal shows; JSON has them all. */
const SHOWN_ROWS = 50;

/** `import --list`, or with a number what became of each of its entries, and why. */
export async function listCommand(context: CommandContext, id: string | true): Promise<number> {
  const { io, output } = context;
  if (id !== true) return listOne(context, id);
  const imports = await readImports(request(context));
  if (output.json) await writeJsonDocument(io, { status: 'ok', imports: imports.map(listedDocument) });
  else styledStream(io.stdout).write(renderImports(imports, tableStyle(context)));
  return 0;
}

async function listOne(context: CommandContext, id: string): Promise<number> {
  const { io, output } = context;
  await readImport(request(context), id, async (one, pages) => {
    if (output.json) return writeRows(context, one, pages);
    let left = SHOWN_ROWS;
    let text = renderImports([one], tableStyle(context));
    for await (const page of pages) {
      for (const row of page.slice(0, left)) text += renderRow(row);
      left -= page.length;
      if (left > 0) continue;
      text += `… --json lists all of them, with every column\n`;
      break;
    }
    styledStream(io.stdout).write(text);
  });
  return 0;
}

/** One document whose rows are written as they come: an import may have millions. */
async function writeRows(
  context: CommandContext,
  one: ListedImport,
  pages: AsyncGenerator<Readonly<Record<string, string | null>>[]>,
): Promise<void> {
  const sink = streamSink(context.io.stdout);
  const head = jsonText({ status: 'ok', import: listedDocument(one) });
  let wanted = await sink.write(`${head.slice(0, -1)},"rows":[`);
  let first = true;
  for await (const page of pages) {
    if (!wanted) break;
    wanted = await sink.write((first ? '' : ',') + page.map(listedRowText).join(','));
    first = false;
  }
  await sink.write(']}\n');
  await sink.finish();
}

/** `import --undo ID`. */
export async function undoCommand(context: CommandContext, id: string, force: boolean): Promise<number> {
  const { io, output } = context;
  const undone = await undo(request(context), id, force);
  if (output.json) await writeJsonDocument(io, undoneDocument(id, undone));
  else if (!output.quiet) styledStream(io.stdout).write(renderUndone(id, undone, force, tableStyle(context)));
  return 0;
}

/** `import --restore ID`. */
export async function restoreCommand(context: CommandContext, id: string): Promise<number> {
  const { io, output } = context;
  const done = await restore(request(context), id);
  if (output.json) await writeJsonDocument(io, { status: 'ok', import: Number(id), ...done });
  else if (!output.quiet) await writeProse(io, context.env, renderRestored(id, done));
  return 0;
}

function request(context: CommandContext): ManageRequest {
  const { io, config, output } = context;
  return {
    config,
    now: io.now,
    signal: io.signal,
    onWait: (holder) => {
      const progress = openProgress(io, output);
      tellWaiting(context, progress, holder);
      progress.stop();
    },
  };
}
