import type { Repair, ValidationResult } from '../../app/validate/result.ts';
import type { ValidateRequest } from '../../app/validate/session.ts';
import { validate } from '../../app/validate/validate.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import { renderRepairs, renderValidation, validationDocument, validationLine } from '../../render/validateReport.ts';
import type { CommandContext } from '../context.ts';
import { printWarnings } from '../printWarnings.ts';
import { tableStyle } from '../tableOptions.ts';

export interface ValidateFlags {
  readonly quick?: boolean;
  readonly repair?: boolean;
  readonly limit: number;
}

/** `finance-db validate`: exit 0 when equal or lagging, 5 when damaged. */
export async function validateCommand(context: CommandContext, flags: ValidateFlags): Promise<number> {
  const { io, config, output } = context;
  const progress = openProgress(io, output);
  const request: ValidateRequest = {
    config,
    // Sums do not tell which rows to mend.
    quick: flags.quick === true && flags.repair !== true,
    limit: flags.limit,
    now: io.now,
    signal: io.signal,
    onStep: progress.say,
  };
  const { result, repairs } = await run(request, flags.repair === true).finally(progress.stop);
  printWarnings(context, result.warnings);
  const shown = result.status === 'damaged' || io.stdout.isTTY === true;
  if (output.json) await writeJsonDocument(io, validationDocument(result, repairs));
  else if (repairs.length > 0) io.stdout.write(renderRepairs(repairs, result, tableStyle(context)));
  else if (shown) styledStream(io.stdout).write(renderValidation(result, tableStyle(context)));
  else if (!output.quiet) io.stdout.write(`${validationLine(result, io.now())}\n`);
  return result.status === 'damaged' ? ERROR_CODES.DAMAGED.exit : 0;
}

/** A repair begins with a whole validation, since only that finds what to repair. */
async function run(
  request: ValidateRequest,
  mend: boolean,
): Promise<{ result: ValidationResult; repairs: readonly Repair[] }> {
  const result = await validate(request);
  if (!mend || result.status !== 'damaged') return { result, repairs: [] };
  const { repair } = await import('../../app/validate/repair.ts');
  return repair(request, result);
}
