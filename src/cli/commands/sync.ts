import { sync } from '../../app/sync.ts';
import { DEFAULT_INDEX_COLUMNS } from '../../config/config.ts';
import { parseTableList } from '../../model/tableName.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { renderSync, syncDocument, syncLine } from '../../render/syncReport.ts';
import type { CommandContext } from '../context.ts';

export interface SyncFlags {
  readonly full?: boolean;
  readonly validate?: boolean;
  readonly stats?: boolean;
  readonly tables?: string;
  readonly jobs?: number;
  readonly wait: number;
  readonly memory?: string;
  readonly indexes?: boolean;
}

/** `finance-db sync`. */
export async function syncCommand(context: CommandContext, flags: SyncFlags): Promise<number | undefined> {
  const { io, config, output } = context;
  const progress = openProgress(io, output);
  const result = await sync({
    config,
    tables: flags.tables === undefined ? config.tables : parseTableList(flags.tables),
    full: flags.full === true,
    jobs: flags.jobs ?? null,
    waitSeconds: flags.wait,
    indexes: flags.indexes === true && config.indexes.length === 0 ? DEFAULT_INDEX_COLUMNS : config.indexes,
    memory: flags.memory ?? null,
    now: io.now,
    signal: io.signal,
    onProgress: progress.load,
  }).finally(progress.stop);
  for (const warning of result.warnings) io.stderr.write(`warning: ${warning}\n`);
  if (output.json) writeJsonDocument(io, syncDocument(result));
  else if (io.stdout.isTTY === true) io.stdout.write(renderSync(result, output, io.stdout.columns ?? 80));
  else if (!output.quiet) io.stdout.write(`${syncLine(result, io.now())}\n`);
  return 0;
}
