import v8 from 'node:v8';
import { follow } from '../../app/follow/follow.ts';
import type { FollowEvent, FollowRequest, Standing } from '../../app/follow/followRequest.ts';
import type { SyncResult } from '../../app/sync/syncRequest.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { proseColumns } from '../../io.ts';
import { DEFAULT_PUBLICATION } from '../../postgres/replication/publication.ts';
import {
  addPublish,
  type PublishTotal,
  publishDocument,
  publishText,
  restartText,
  standingText,
} from '../../render/followReport.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { printable } from '../../render/printable.ts';
import { openProgress, type Progress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { syncDocument, syncLine } from '../../render/syncReport.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';
import { type StreamFlags, slotName, writeBudget } from './followFlags.ts';

export interface FollowFlags extends StreamFlags {
  readonly once?: boolean;
  readonly dropSlot?: string;
  readonly wait: number;
  readonly printSetup?: boolean;
}

/** Without a terminal a line at most so often. */
const LINE_MS = 60_000;

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
  const teller = new Teller(context, progress, flags.once === true);
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

/** Tells people and programs what a follower does. */
class Teller {
  private scan: SyncResult | null = null;
  private total: PublishTotal | null = null;
  private toldAt = Number.NEGATIVE_INFINITY;
  private last: { readonly at: number; readonly rows: number } | null = null;
  private readonly live: boolean;

  constructor(
    private readonly context: CommandContext,
    private readonly progress: Progress,
    private readonly once: boolean,
  ) {
    const { io, output } = context;
    this.live = io.stderr.isTTY === true && !output.json && !output.quiet && !output.dumb;
  }

  take(event: FollowEvent): void {
    switch (event.kind) {
      case 'scanned':
        this.scan = event.result;
        for (const warning of event.result.warnings) this.warn(`warning: ${warning}`);
        if (!this.once) this.line(syncLine(event.result, this.context.io.now()));
        return;
      case 'published':
        this.total = addPublish(this.total, event.publish);
        if (!this.once && performance.now() - this.toldAt > LINE_MS) this.flush();
        return;
      case 'restart':
        this.warn(`${this.context.io.now().toISOString()} ${restartText(event)}`);
        return;
      case 'warning':
        this.warn(`warning: ${event.text}`);
        return;
      case 'standing':
        if (!this.once) this.stand(event.standing);
    }
  }

  /** The last line of a run without end. */
  end(): void {
    if (!this.once) this.flush();
  }

  /** What `--once` has to say. */
  async conclude(): Promise<void> {
    const { io, output } = this.context;
    if (this.scan === null) return;
    if (output.json)
      await writeJsonDocument(io, {
        ...syncDocument(this.scan),
        followed: this.total === null ? null : publishDocument(this.total),
      });
    else if (!output.quiet) {
      const lines = [
        printable(syncLine(this.scan, io.now())),
        ...(this.total === null ? [] : [publishText(this.total)]),
      ];
      await writeProse(io, this.context.env, `${lines.join('\n')}\n`);
    }
  }

  private stand(standing: Standing): void {
    const now = performance.now();
    const { last } = this;
    if (last !== null && now - last.at < 500) return;
    const rate = last === null ? 0 : ((standing.rows - last.rows) * 1000) / (now - last.at);
    this.last = { at: now, rows: standing.rows };
    // While a scan loads, its own progress stands there.
    if (this.live && standing.state !== 'scanning')
      this.progress.say(standingText(standing, rate, this.context.io.now()));
    if (this.total !== null && now - this.toldAt > LINE_MS) this.flush();
  }

  private flush(): void {
    const { total } = this;
    if (total === null) return;
    this.total = null;
    this.toldAt = performance.now();
    const { io, output } = this.context;
    if (output.quiet) return;
    if (output.json) io.stdout.write(`${JSON.stringify(publishDocument(total), plain)}\n`);
    else if (!this.live) io.stdout.write(`${io.now().toISOString()} ${publishText(total)}\n`);
  }

  private line(text: string): void {
    const { io, output } = this.context;
    if (output.quiet || output.json) return;
    this.progress.stop();
    const width = proseColumns(io.stdout, this.context.env);
    io.stdout.write(`${wrapText(printable(text), width, 2)}\n`);
  }

  private warn(text: string): void {
    this.progress.stop();
    this.context.io.stderr.write(`${printable(text)}\n`);
  }
}

function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
