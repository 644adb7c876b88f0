import { FinanceDbError } from '../../errors/financeDbError.ts';
import { jsonText } from '../../render/json.ts';

/** What is announced to open pages; `name` is the event's name in the stream. */
export interface Announcement {
  readonly name: 'snapshot' | 'sync';
  readonly data: unknown;
}

/** More open pages than one person has; each costs a connection. */
const MOST_LISTENERS = 200;
/** Proxies cut what is silent for a minute. */
const HEARTBEAT_MS = 20_000;
/** What browsers wait before they connect again. */
const RETRY_MS = 2000;

/** Server-sent events for all open pages. */
export class Events {
  private readonly listeners = new Set<ReadableStreamDefaultController<Uint8Array>>();
  private readonly encoder = new TextEncoder();
  private readonly heartbeat: NodeJS.Timeout;
  private closed = false;

  constructor() {
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** How many listen. */
  get count(): number {
    return this.listeners.size;
  }

  /**
   * A stream of all that is announced from now on.
   * @param first how things stand, so that what was announced while a page was not connected is not missed
   * @throws FinanceDbError WEB_BUSY
   */
  listen(first: readonly Announcement[]): Response {
    if (this.listeners.size >= MOST_LISTENERS) throw new FinanceDbError('WEB_BUSY', 'too many pages are open');
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        const begin = `retry: ${RETRY_MS}\n\n${first.map(textOf).join('')}`;
        controller.enqueue(this.encoder.encode(begin));
        if (this.closed) controller.close();
        else this.listeners.add(controller);
      },
      cancel: () => {
        this.listeners.delete(own);
      },
    });
    return new Response(body, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    });
  }

  announce(announcement: Announcement): void {
    this.send(textOf(announcement));
  }

  /** Ends all streams: a server cannot close while one is open. */
  close(): void {
    this.closed = true;
    clearInterval(this.heartbeat);
    for (const controller of this.listeners) {
      this.listeners.delete(controller);
      try {
        controller.close();
      } catch {
        // Its page has gone at this very moment.
      }
    }
  }

  private send(text: string): void {
    const bytes = this.encoder.encode(text);
    for (const controller of this.listeners) {
      try {
        // A page that takes nothing (a suspended tab) does not make us keep everything for it: it will connect again.
        if ((controller.desiredSize ?? 0) < -MOST_UNREAD) {
          this.listeners.delete(controller);
          controller.close();
        } else controller.enqueue(bytes);
      } catch {
        this.listeners.delete(controller);
      }
    }
  }
}

/** Announcements that a page may leave unread. */
const MOST_UNREAD = 100;

function textOf({ name, data }: Announcement): string {
  return `event: ${name}\ndata: ${jsonText(data)}\n\n`;
}
