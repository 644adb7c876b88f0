import fs from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { startPatience } from './patience.ts';
import type { S3Place } from './s3Place.ts';

/** Tried again after 0.2 s, 0.4 s … up to 5 s, about 20 s in all. */
const TRIES = 8;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A request without an answer, or an answer that stops, is given up after so long and sent again; a slow line gets a second for each 100 kB sent. */
const PATIENCE_MS = 30_000;
const SLOWEST_BYTES_PER_MS = 100;

export interface S3Request {
  readonly method: string;
  readonly query?: string;
  readonly body?: Buffer;
  readonly headers?: Record<string, string>;
  /** Whether 404 is an answer like any other. */
  readonly mayMiss?: boolean;
}

/** Reads an answer. @param alive to be called while parts of a long one come in */
type Read<T> = (response: Response, attempt: number, alive: () => void) => Promise<T>;

/** The requests of S3 that a lake needs, each tried again when the store fails, times out or asks to slow down. */
export class S3Requests {
  private readonly client: AwsClient;
  private readonly place: S3Place;
  private readonly signal: AbortSignal;
  private readonly patienceMs: number;

  constructor(place: S3Place, signal: AbortSignal, patienceMs = PATIENCE_MS) {
    this.place = place;
    this.signal = signal;
    this.patienceMs = patienceMs;
    const { accessKeyId, secretAccessKey, sessionToken, region } = place;
    const session = sessionToken === undefined ? {} : { sessionToken };
    this.client = new AwsClient({ accessKeyId, secretAccessKey, ...session, region, service: 's3', retries: 0 });
  }

  async get(key: string): Promise<Buffer | null> {
    return this.send(key, { method: 'GET', mayMiss: true }, async (response) =>
      response.status === 404 ? null : Buffer.from(await response.arrayBuffer()),
    );
  }

  async head(key: string): Promise<number | null> {
    return this.send(key, { method: 'HEAD', mayMiss: true }, async (response) =>
      response.status === 404 ? null : Number(response.headers.get('content-length') ?? 0),
    );
  }

  /** Writes `key` to a local file as it comes in. @returns whether there is one */
  async download(key: string, file: string): Promise<boolean> {
    return this.send(key, { method: 'GET', mayMiss: true }, async (response, _attempt, alive) => {
      if (response.status === 404) return false;
      const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
      body.on('data', alive);
      await pipeline(body, fs.createWriteStream(file));
      return true;
    });
  }

  /**
   * @param onlyNew whether a file of that name is to be left alone
   * @returns whether it was written
   */
  async put(key: string, content: Buffer, onlyNew: boolean): Promise<boolean> {
    let repeated = false;
    const headers: Record<string, string> = onlyNew ? { 'if-none-match': '*' } : {};
    const refused = await this.send(key, { method: 'PUT', body: content, headers }, async (response, attempt) => {
      repeated = attempt > 1;
      return response.status === 412;
    });
    if (!refused || !onlyNew) return !refused;
    // An answer may have been lost after the store took the file: then it is ours that is in the way.
    return repeated && ((await this.get(key))?.equals(content) ?? false);
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token = '';
    do {
      const more = token === '' ? '' : `&continuation-token=${encodeURIComponent(token)}`;
      const query = `list-type=2&prefix=${encodeURIComponent(prefix)}${more}`;
      const text = await this.send('', { method: 'GET', query }, (response) => response.text());
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(unescaped(key));
      token = unescaped(element(text, 'NextContinuationToken'));
    } while (token !== '');
    return keys;
  }

  async remove(key: string): Promise<void> {
    await this.send(key, { method: 'DELETE', mayMiss: true }, async () => undefined);
  }

  /**
   * @param read reads the answer; 412, and 404 where it may be, are for it to judge
   * @throws FinanceDbError LAKE_STORE
   */
  async send<T>(key: string, request: S3Request, read: Read<T>): Promise<T> {
    const { method, query, body, headers = {}, mayMiss = false } = request;
    const path = key.split('/').map(encodeURIComponent).join('/');
    const url = `${this.place.url}/${path}${query === undefined ? '' : `?${query}`}`;
    let problem: unknown;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      this.signal.throwIfAborted();
      if (attempt > 1) await this.pause(attempt);
      const patience = startPatience(this.patienceMs + Math.ceil((body?.length ?? 0) / SLOWEST_BYTES_PER_MS));
      try {
        const signal = AbortSignal.any([this.signal, patience.signal]);
        const response = await this.client.fetch(url, {
          ...{ method, headers, signal },
          ...(body === undefined ? {} : { body: new Uint8Array(body) }),
        });
        patience.renew();
        if (response.ok || response.status === 412 || (response.status === 404 && mayMiss))
          return await read(response, attempt, patience.renew);
        const text = await response.text();
        problem = `${response.status} ${element(text, 'Code')} ${element(text, 'Message')}`.trim();
        if (!isPassing(response.status)) break;
      } catch (error) {
        this.signal.throwIfAborted();
        problem = error;
      } finally {
        patience.end();
      }
    }
    throw this.failure(method, key, problem);
  }

  failure(method: string, key: string, problem: unknown): FinanceDbError {
    const cause = typeof problem === 'object' ? (problem as { cause?: unknown } | null)?.cause : undefined;
    const why = typeof problem === 'string' ? problem : messageOf(cause ?? problem);
    return new FinanceDbError('LAKE_STORE', `${method} s3://${this.place.bucket}/${key}: ${why}`, {
      cause: problem,
      details: { bucket: this.place.bucket, key },
    });
  }

  private async pause(attempt: number): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 2));
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal: this.signal });
  }
}

/** Whether the same request may succeed a little later. 501 is of stores that do not know it. */
function isPassing(status: number): boolean {
  return (status >= 500 && status !== 501) || [408, 409, 429].includes(status);
}

/** The text of the first element of that name; empty without one. */
export function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

export function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
