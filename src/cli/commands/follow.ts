import v8 from 'node:v8';
import { follow } from '../../app/follow/follow.ts';
import type { FollowRequest } from '../../app/follow/followRequest.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { DEFAULT_PUBLICATION } from '../../postgres/replication/publication.ts';
import { openProgress } from '../../render/progress.ts';
import type { CommandContext } from '../context.ts';
import { type StreamFlags, slotName, writeBudget } from './followFlags.ts';
import { FollowTeller } from './followTeller.ts';

export interface FollowFlags extends StreamFlags {
  readonly once?: boolean;
  readonly dropSlot?: string;
  readonly wait: number;
  readonly printSetup?: boolean;
}

/** `finance-db follow`: runs until it is told to stop, or with --once until it has caught up. */
export async function followCommand(context: CommandContext, flags: FollowFlags): Promise<number> {
  const { io, config } = context;
  const publication = flags.publication ?? DEFAULT_PUBLICATION;
  if (flags.printSetup === true) {
    const { printSetup } = await import('./followSetup.ts');
    return printSetup(context, publication);
  }
  const keepSlot = flags.keepSlot === undefined ? null : slotName(flags.keepSlot, '--keep-slot');
  if (flags.dropSlot !== undefined) {
    const { dropKeptSlot } = await import('./followSlot.ts');
    return dropKeptSlot(context, slotName(flags.dropSlot, '--drop-slot'));
  }
  // What passes through is garbage at once. Where there is much memory, V8 lets it pile up to several times what is in use.
  v8.setFlagsFromString('--heap-growing-percent=30');
  const progress = openProgress(io, context.output);
  const teller = new FollowTeller(context, progress, flags.once === true);
  const request: FollowRequest = {
    ...{ config, publication, keepSlot, once: flags.once === true, waitSeconds: flags.wait },
    writeBudget: writeBudget(flags.writeBudget),
    ...{ now: io.now, signal: io.signal, onProgress: progress.load, onEvent: (event) => teller.take(event) },
  };
  try {
    await follow(request);
  } catch (error) {
    const { reason } = io.signal;
    if (flags.once === true || !io.signal.aborted || !isFinanceDbError(reason)) throw error;
    // It was meant to run until now.
    progress.stop();
    if (!context.output.quiet) io.stderr.write('stopped; the file is whole, as it was last published\n');
    return reason.exitCode;
  } finally {
    progress.stop();
    teller.end();
  }
  if (flags.once === true) await teller.conclude();
  return 0;
}
