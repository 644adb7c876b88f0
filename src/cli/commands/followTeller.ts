import type { FollowEvent, Standing } from '../../app/follow/followRequest.ts';
import type { SyncResult } from '../../app/sync/syncRequest.ts';
import { proseColumns } from '../../io.ts';
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
import type { Progress } from '../../render/progress.ts';
import { writeProse } from '../../render/prose.ts';
import { syncDocument, syncLine } from '../../render/syncReport.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';

/** Without a line that stays, one is written at most so often. */
const LINE_MS = 60_000;
/** How often the line that stays is drawn anew. */
const DRAW_MS = 500;

/** Tells people and programs what a follower does. */
export class FollowTeller {
  private scan: SyncResult | null = null;
  private total: PublishTotal | null = null;
  private toldAt = Number.NEGATIVE_INFINITY;
  private last: { readonly at: number; readonly rows: number } | null = null;
  /** A line stays at the end of the terminal. */
  private readonly live: boolean;

  /** @param clock milliseconds that only grow */
  constructor(
    private readonly context: CommandContext,
    private readonly progress: Progress,
    private readonly once: boolean,
    private readonly clock: () => number = () => performance.now(),
  ) {
    const { output } = context;
    this.live = progress.draws && !output.json;
  }

  /** Whether publishes are written to stdout: unless the line that stays tells of them on the same terminal. */
  private get writesLines(): boolean {
    return !(this.live && this.context.io.stdout.isTTY === true);
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
        if (!this.once && this.clock() - this.toldAt > LINE_MS) this.flush();
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
    const now = this.clock();
    const { last } = this;
    if (last !== null && now - last.at < DRAW_MS) return;
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
    this.toldAt = this.clock();
    const { io, output } = this.context;
    if (output.quiet) return;
    if (output.json) io.stdout.write(`${JSON.stringify(publishDocument(total), plain)}\n`);
    else if (this.writesLines) io.stdout.write(`${io.now().toISOString()} ${publishText(total)}\n`);
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
