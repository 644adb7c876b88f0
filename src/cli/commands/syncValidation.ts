import type { ReadyToPublish } from '../../app/sync/syncRequest.ts';
import type { ValidationResult } from '../../app/validate/result.ts';
import { validateBeforePublish } from '../../app/validate/validate.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { columnsOf } from '../../io.ts';
import { jsonText } from '../../render/json.ts';
import type { Progress } from '../../render/progress.ts';
import { renderValidation, validationDocument, verdictLine } from '../../render/validateReport.ts';
import type { CommandContext } from '../context.ts';

/** The part of `sync --validate` that stands between a finished file and its publishing. */
export interface PublishingGate {
  readonly beforePublish: (ready: ReadyToPublish) => Promise<void>;
  /** What it found; null before. */
  readonly result: () => ValidationResult | null;
}

/** Differences named when a sync is stopped. */
const LIMIT = 20;

/** Compares each finished file with the snapshot that it was made from; a file that differs is not published (DAMAGED). */
export function publishingGate({ io, output, env }: CommandContext, progress: Progress): PublishingGate {
  let result: ValidationResult | null = null;
  return {
    result: () => result,
    beforePublish: async (ready) => {
      result = await validateBeforePublish(ready, {
        limit: LIMIT,
        now: io.now,
        signal: io.signal,
        onStep: progress.say,
      });
      if (result.status !== 'damaged') return;
      progress.stop();
      if (!output.json)
        io.stderr.write(
          renderValidation(result, { width: columnsOf(io.stderr, env), color: false, ascii: output.ascii }),
        );
      throw new FinanceDbError('DAMAGED', `the new file was not published: ${verdictLine(result)}`, {
        remedy: 'run `finance-db sync --full --validate`, which builds the file anew',
        details: { validation: JSON.parse(jsonText(validationDocument(result))) },
      });
    },
  };
}
