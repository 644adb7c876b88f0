import { dropRecordedSlot } from '../../app/follow/dropSlot.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { writeProse } from '../../render/prose.ts';
import type { CommandContext } from '../context.ts';

/** `finance-db follow --drop-slot NAME`. */
export async function dropKeptSlot({ io, env, config, output }: CommandContext, slot: string): Promise<number> {
  const dropped = await dropRecordedSlot(config, slot, io.now(), io.signal);
  const text = dropped ? `the slot ${slot} was dropped` : `the slot ${slot} was gone already; it is forgotten`;
  if (output.json) await writeJsonDocument(io, { status: 'ok', slot, dropped });
  else if (!output.quiet) await writeProse(io, env, `${text}\n`);
  return 0;
}
