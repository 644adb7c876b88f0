import { managePartitions } from '../../app/partitions/partitions.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { parseTableName } from '../../model/tableName.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { partitionsDocument, partitionsTable, partitionsText } from '../../render/partitionsReport.ts';
import { openProgress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { writeText } from '../../render/sink.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

export interface PartitionsFlags {
  readonly ahead?: number;
  readonly keep?: string;
  readonly yes?: boolean;
}

/** More months are more likely days that were meant. */
const MOST_AHEAD = 120;

/** `finance-db partitions`: without --ahead and --keep a list, with them what they did. */
export async function partitionsCommand(
  context: CommandContext,
  table: string | undefined,
  { ahead, keep, yes }: PartitionsFlags,
): Promise<number> {
  const { io, config, output, env } = context;
  if (yes === true && keep === undefined)
    throw new FinanceDbError('USAGE', '--yes confirms --keep, which is not given', { remedy: 'leave it out' });
  if (ahead !== undefined && ahead > MOST_AHEAD)
    throw new FinanceDbError('USAGE', `--ahead takes at most ${MOST_AHEAD} months, found ${ahead}`, {
      remedy: 'give a smaller number',
    });
  const progress = openProgress(io, output);
  const result = await managePartitions({
    config,
    table: table === undefined ? null : parseTableName(table),
    ahead: ahead ?? null,
    keep: keep ?? null,
    confirmed: yes === true,
    ...{ now: io.now, signal: io.signal, onWait: progress.say },
  }).finally(progress.stop);
  if (output.json) {
    await writeJsonDocument(io, partitionsDocument(result));
    return 0;
  }
  const listing = ahead === undefined && keep === undefined;
  if (listing) await writeText(io.stdout, `${partitionsTable(result, tableStyle(context))}\n`);
  if (listing || !output.quiet)
    await writeProse(io, env, partitionsText(result, { listing, made: ahead !== undefined }));
  return 0;
}
