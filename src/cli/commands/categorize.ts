import { categorizeByRules } from '../../app/categorize/categorizeByRules.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { categorizeDocument, renderCategorize } from '../../render/categorizeReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { tableStyle } from '../tableOptions.ts';

/** `finance-db categorize --rules`: the user's rules, applied to rows that are there. */
export async function categorizeCommand(
  context: CommandContext,
  flags: { readonly rules?: boolean; readonly dryRun?: boolean },
): Promise<number> {
  const { io, config, output } = context;
  if (flags.rules !== true)
    throw new FinanceDbError('USAGE', 'categorize has one way so far: --rules', {
      remedy: '`finance-db categorize --rules` files rows by your rules.csv; with --dry-run it shows what would change',
    });
  const progress = openProgress(io, output);
  const result = await categorizeByRules({
    config,
    now: io.now,
    signal: io.signal,
    dryRun: flags.dryRun === true,
    onWait: () => progress.say('waiting for an import to end'),
    onRows: (rows) => progress.say(`asking the rules about ${rows} rows`),
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, categorizeDocument(result));
  else if (!output.quiet) styledStream(io.stdout).write(renderCategorize(result, tableStyle(context)));
  return 0;
}
