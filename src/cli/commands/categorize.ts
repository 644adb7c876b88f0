import { categorizeByRules } from '../../app/categorize/categorizeByRules.ts';
import { localDay } from '../../app/stats/statsFlags.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { counted } from '../../model/counted.ts';
import { combinePeriod } from '../../model/period.ts';
import { categorizeDocument, renderCategorize } from '../../render/categorizeReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

export interface CategorizeFlags {
  readonly rules?: boolean;
  readonly dryRun?: boolean;
  readonly apply?: boolean;
  readonly minConfidence?: string;
  readonly undo?: boolean;
  readonly report?: boolean;
  readonly since?: string;
}

/**
 * `finance-db categorize`: suggestions, to be looked at one by one on a terminal; `--apply`, `--undo`, `--report`; `--rules`.
 * @throws FinanceDbError USAGE for flags that do not go together, and where there is too little to learn from
 */
export async function categorizeCommand(context: CommandContext, flags: CategorizeFlags): Promise<number> {
  checkTogether(flags);
  if (flags.rules === true) return byRules(context, flags.dryRun === true);
  const learning = await import('./categorizeLearning.ts');
  if (flags.undo === true) return learning.undoCommand(context);
  if (flags.report === true)
    return learning.reportCommand(context, flags.since === undefined ? null : dayOf(context, flags.since));
  if (flags.apply === true) return learning.applyCommand(context, flags.minConfidence);
  return learning.suggestCommand(context);
}

function checkTogether(flags: CategorizeFlags): void {
  const ways = (['rules', 'apply', 'undo', 'report'] as const).filter((way) => flags[way] === true);
  if (ways.length > 1)
    throw new FinanceDbError('USAGE', `--${ways.join(' and --')} exclude each other`, { remedy: 'give one of them' });
  const needs = (flag: string, given: boolean, way: (typeof ways)[number]): void => {
    if (given && !ways.includes(way))
      throw new FinanceDbError('USAGE', `${flag} is for --${way}`, { remedy: `add --${way}, or leave it out` });
  };
  needs('--dry-run', flags.dryRun === true, 'rules');
  needs('--min-confidence', flags.minConfidence !== undefined, 'apply');
  needs('--since', flags.since !== undefined, 'report');
}

/** A day, or the first one of a period, in the words of the reports. */
function dayOf({ config, io }: CommandContext, text: string): string | null {
  return combinePeriod({ from: text }, { today: config.today ?? localDay(io.now()), monthStart: 1 }).from;
}

/** The user's rules, applied to rows that are there. */
async function byRules(context: CommandContext, dryRun: boolean): Promise<number> {
  const { io, config, output } = context;
  const progress = openProgress(io, output);
  const result = await categorizeByRules({
    config,
    now: io.now,
    signal: io.signal,
    dryRun,
    onWait: (holder) => progress.say(`waiting for an import to end: ${holder}`),
    onRows: (rows) => progress.say(`asking the rules about ${counted(rows, 'row')}`),
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, categorizeDocument(result));
  else if (!output.quiet) styledStream(io.stdout).write(renderCategorize(result, tableStyle(context)));
  return 0;
}
