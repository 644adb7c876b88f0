import { loadRates } from '../../app/rates.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { ratesDocument, renderRates } from '../../render/ratesReport.ts';
import type { CommandContext } from '../context.ts';

/** `finance-db rates`: exchange rates in, and what they can normalise normalised. */
export async function ratesCommand(context: CommandContext, flags: { readonly from?: string }): Promise<number> {
  const { io, config, output, env } = context;
  const progress = openProgress(io, output);
  progress.say('reading exchange rates');
  const result = await loadRates({
    config,
    cwd: io.cwd,
    get stdin() {
      return io.stdin;
    },
    now: io.now,
    signal: io.signal,
    from: flags.from ?? null,
    onWait: (holder) => progress.say(`waiting for an import to end: ${holder}`),
  }).finally(progress.stop);
  if (output.json) await writeJsonDocument(io, ratesDocument(result));
  else if (!output.quiet) await writeProse(io, env, renderRates(result));
  return 0;
}
