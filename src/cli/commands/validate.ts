import { validate } from '../../app/validate.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { renderValidation, validationDocument, validationLine } from '../../render/validateReport.ts';
import type { CommandContext } from '../context.ts';

export interface ValidateFlags {
  readonly quick?: boolean;
  readonly repair?: boolean;
  readonly limit: number;
}

/** `finance-db validate`: exit 0 when equal or lagging, 5 when damaged. */
export async function validateCommand(context: CommandContext, flags: ValidateFlags): Promise<number> {
  const { io, config, output } = context;
  const progress = openProgress(io, output);
  const result = await validate({
    config,
    quick: flags.quick === true,
    limit: flags.limit,
    now: io.now,
    signal: io.signal,
    onStep: progress.say,
  }).finally(progress.stop);
  const shown = result.status === 'damaged' || io.stdout.isTTY === true;
  if (output.json) await writeJsonDocument(io, validationDocument(result));
  else if (shown) io.stdout.write(renderValidation(result, { color: output.color, width: io.stdout.columns ?? 120 }));
  else if (!output.quiet) io.stdout.write(`${validationLine(result, io.now())}\n`);
  return result.status === 'damaged' ? ERROR_CODES.DAMAGED.exit : 0;
}
