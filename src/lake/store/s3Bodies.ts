import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Larger ones are sent piece by piece, so that a store which takes them slowly is told from one which has stopped. */
const PIECE_BYTES = 256 << 10;

/** What of a request the system may have taken on its way to the store, unseen by us: about its largest buffers. */
const MOST_UNDERWAY_BYTES = 4 << 20;
/** A store that takes less than this a second (with the usual patience) is one that has stopped. */
const SLOWEST_BYTES_PER_PATIENCE = 3e6;

/** What `fetch` takes as a body. */
export type SentBody = {
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  readonly duplex?: 'half';
  readonly headers: Record<string, string>;
};

/** @param alive called whenever the connection has taken a piece */
export function sentBody(body: Buffer | undefined, alive: () => void): SentBody {
  if (body === undefined) return { headers: {} };
  if (body.length <= PIECE_BYTES) return { body: new Uint8Array(body), headers: {} };
  let at = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        alive();
        if (at >= body.length) return controller.close();
        const piece = body.subarray(at, at + PIECE_BYTES);
        at += piece.length;
        controller.enqueue(new Uint8Array(piece));
      },
    },
    { highWaterMark: 0 },
  );
  // Stores refuse bodies of unknown length.
  return { body: stream, duplex: 'half', headers: { 'content-length': String(body.length) } };
}

/** How long to wait for a sign of life: longer while much of a body may be underway. */
export function patienceFor(body: Buffer | undefined, milliseconds: number): number {
  const underway = Math.min(body?.length ?? 0, MOST_UNDERWAY_BYTES);
  return Math.ceil(milliseconds * (1 + underway / SLOWEST_BYTES_PER_PATIENCE));
}

/** An answer that was taken for one. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  /** 1 for the first time that the request was sent. */
  readonly attempt: number;
  text(): Promise<string>;
  whole(): Promise<Buffer>;
  /** Writes it to a local file as it comes in. */
  intoFile(file: string): Promise<void>;
}

/** @param alive called for each part of the answer that comes in, however slowly */
export function answerOf(response: Response, attempt: number, alive: () => void): S3Answer {
  const whole = (): Promise<Buffer> => wholeBody(response, alive);
  return {
    ...{ status: response.status, headers: response.headers, attempt, whole },
    text: async () => (await whole()).toString(),
    intoFile: async (file) => {
      const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
      body.on('data', alive);
      await pipeline(body, fs.createWriteStream(file));
    },
  };
}

async function wholeBody(response: Response, alive: () => void): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (response.body !== null)
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      alive();
      parts.push(part);
    }
  return Buffer.concat(parts);
}
