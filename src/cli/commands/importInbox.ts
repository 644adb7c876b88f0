import { importFiles } from '../../app/import/import.ts';
import { fileAway, type Inbox, movedTo, openInbox } from '../../app/import/inbox.ts';
import type { ImportRequest } from '../../app/import/request.ts';
import type { ImportResult, RefusedFile } from '../../app/import/result.ts';
import { initTable } from '../../app/init.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { displayName } from '../../model/tableName.ts';
import { describeTarget } from '../../postgres/server.ts';
import { importDocument } from '../../render/importDocument.ts';
import { importLine, refusedLine, unfinishedLine } from '../../render/importLines.ts';
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
  const progress = openProgress(io, output);
  const request = await importRequest(context, flags, progress);
  const inbox = await openInbox(flags.inbox ?? '', request);
  try {
    const result = await importInbox(context, request, inbox).finally(progress.stop);
    if (output.json) await writeJsonDocument(io, importDocument(result));
    return result.refused.length > 0 ? 2 : 0;
  } finally {
    inbox.close();
  }
}

async function importInbox(
  { io, output }: CommandContext,
  request: ImportRequest,
  inbox: Inbox,
): Promise<ImportResult> {
  const say = (line: string): void => {
    if (!output.json && !output.quiet) io.stdout.write(`${line}\n`);
  };
  for (const file of inbox.unfinished) say(unfinishedLine(file, io.now()));
  // An empty inbox is no reason to start a server.
  if (inbox.files.size === 0) return nothing(request);
  const refused: RefusedFile[] = [];
  const result = await importFiles(request, [...inbox.files.keys()], {
    onImported: (one, sample) => say(importLine(one, sample, io.now())),
    // At once, so that whatever ends the run leaves nothing behind that was dealt with.
    onNamed: async (name, came) => {
      const there = request.dryRun ? name : await fileAway(inbox, name, came, io.now());
      for (const one of came.refused.map((file) => movedTo(file, name, there))) {
        refused.push(one);
        if (!output.json) io.stderr.write(`${refusedLine(one, io.now())}\n`);
      }
    },
  });
  return { ...result, refused };
}

function nothing({ config, dryRun }: ImportRequest): ImportResult {
  const { place, database } = describeTarget(config.postgres);
  const table = displayName(initTable(config));
  const { baseCurrency } = config;
  return {
    dryRun,
    where: place,
    database,
    table,
    baseCurrency,
    imports: [],
    refused: [],
    leftAside: [],
    sampleRemoved: 0,
    statementsTables: null,
  };
}
