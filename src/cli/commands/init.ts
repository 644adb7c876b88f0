import { init, type LoadRequest } from '../../app/init.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { columnsOf } from '../../io.ts';
import { DEFAULT_SAMPLE_ROWS } from '../../model/household/generate.ts';
import { initDocument, renderInit } from '../../render/initReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { writeText } from '../../render/sink.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';

/** The flags of `init`, as commander gives them. */
export interface InitFlags {
  /** A number of rows; true for --sample alone; false for --no-sample. */
  readonly sample?: number | boolean;
  readonly from?: string;
  readonly reset?: boolean;
  readonly yes?: boolean;
  readonly partitionBy?: 'month';
}

/** `finance-db init`. */
export async function initCommand(context: CommandContext, flags: InitFlags): Promise<number> {
  const { io, config, output } = context;
  const load = loadRequest(flags);
  const progress = openProgress(io, output);
  const result = await init({
    config,
    load,
    reset: flags.reset === true,
    partitionBy: flags.partitionBy ?? null,
    confirmed: flags.yes === true,
    cwd: io.cwd,
    now: io.now,
    signal: io.signal,
    onProgress: progress.load,
    onWait: (text) => {
      progress.stop();
      if (!output.quiet) io.stderr.write(`${text}\n`);
    },
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, initDocument(result));
  else if (!output.quiet)
    await writeText(io.stdout, wrapText(renderInit(result), columnsOf(io.stdout, context.env), 2));
  return 0;
}

function loadRequest({ sample, from }: InitFlags): LoadRequest {
  if (from !== undefined) {
    if (sample !== undefined && sample !== false)
      throw new FinanceDbError('USAGE', '--sample and --from exclude each other', { remedy: 'give one of them' });
    return { kind: 'file', file: from };
  }
  if (sample === undefined) return { kind: 'default' };
  if (sample === false) return { kind: 'none' };
  return { kind: 'sample', rows: sample === true ? DEFAULT_SAMPLE_ROWS : sample };
}
