import { setTimeout as delay } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { type Patience, startPatience } from './patience.ts';
import { answerOf, patienceFor, type S3Answer, sentBody } from './s3Bodies.ts';
import type { S3Place } from './s3Place.ts';

/** A request that the store stops taking or does not answer, or an answer that stops, is given up after so long and sent again. */
const PATIENCE_MS = 30_000;
const TRIES = 8;
/** Shares of the patience: after 0.2 s, 0.4 s … up to 5 s, about 20 s in all. */
const FIRST_PAUSE = 1 / 150;
const LONGEST_PAUSE = 1 / 6;

export interface S3Request {
  readonly method: string;
  readonly query?: string;
  readonly body?: Buffer;
  readonly headers?: Record<string, string>;
  /** Whether 404 is an answer like any other. */
  readonly mayMiss?: boolean;
  /** Whether 412 is. */
  readonly mayBeThere?: boolean;
  /** How often it is sent at the most; as often as any when left out. */
  readonly tries?: number;
}

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
    return this.send(key, { method: 'GET', mayMiss: true }, async (answer) =>
      answer.status === 404 ? null : answer.whole(),
    );
  }

  async head(key: string): Promise<number | null> {
    return this.send(key, { method: 'HEAD', mayMiss: true }, async ({ status, headers }) =>
      status === 404 ? null : Number(headers.get('content-length') ?? 0),
    );
  }

  /** @returns whether there is such a file */
  async download(key: string, file: string): Promise<boolean> {
    return this.send(key, { method: 'GET', mayMiss: true }, async (answer) => {
      if (answer.status === 404) return false;
      await answer.intoFile(file);
      return true;
    });
  }

  async put(key: string, content: Buffer): Promise<void> {
    await this.send(key, { method: 'PUT', body: content }, async () => undefined);
  }

  /** Leaves a file of that name alone. @returns whether it was written */
  async putNew(key: string, content: Buffer): Promise<boolean> {
    let repeated = false;
    const headers = { 'if-none-match': '*' };
    const request = { method: 'PUT', body: content, headers, mayBeThere: true };
    const refused = await this.send(key, request, async ({ status, attempt }) => {
      repeated = attempt > 1;
      return status === 412;
    });
    // An answer may have been lost after the store took the file: then it is ours that is in the way.
    return !refused || (repeated && ((await this.get(key))?.equals(content) ?? false));
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token = '';
    do {
      const more = token === '' ? '' : `&continuation-token=${encodeURIComponent(token)}`;
      const query = `list-type=2&prefix=${encodeURIComponent(prefix)}${more}`;
      const text = await this.send('', { method: 'GET', query }, (answer) => answer.text());
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(unescaped(key));
      token = unescaped(element(text, 'NextContinuationToken'));
    } while (token !== '');
    return keys;
  }

  async remove(key: string): Promise<void> {
    await this.send(key, { method: 'DELETE', mayMiss: true }, async () => undefined);
  }

  /**
   * @param read reads the answer; those that the request allows for are for it to judge
   * @throws FinanceDbError LAKE_STORE; an error of this machine's disk as it is
   */
  async send<T>(key: string, request: S3Request, read: (answer: S3Answer) => Promise<T>): Promise<T> {
    const { method, query, tries = TRIES } = request;
    const path = key.split('/').map(encodeURIComponent).join('/');
    const url = `${this.place.url}/${path}${query === undefined ? '' : `?${query}`}`;
    let problem: unknown;
    for (let attempt = 1; attempt <= tries; attempt++) {
      this.signal.throwIfAborted();
      if (attempt > 1) await this.pause(attempt);
      const patience = startPatience(patienceFor(request.body, this.patienceMs));
      try {
        const response = await this.fetch(url, request, patience);
        patience.renew();
        const answer = answerOf(response, attempt, patience.renew);
        if (isAnswer(response, request)) return await read(answer);
        const text = await answer.text();
        const code = element(text, 'Code');
        problem = `${response.status} ${code} ${element(text, 'Message')}`.trim();
        if (!isPassing(response.status, code)) break;
      } catch (error) {
        this.signal.throwIfAborted();
        if (isLocal(error)) throw error;
        problem = error;
      } finally {
        patience.end();
      }
    }
    throw this.failure(method, key, problem);
  }

  private fetch(url: string, { method, body, headers }: S3Request, patience: Patience): Promise<Response> {
    const sent = sentBody(body, patience.renew);
    const signal = AbortSignal.any([this.signal, patience.signal]);
    return this.client.fetch(url, { method, signal, ...sent, headers: { ...headers, ...sent.headers } });
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
    const longest = this.patienceMs * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 2));
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal: this.signal });
  }
}

function isAnswer({ ok, status }: Response, { mayMiss, mayBeThere }: S3Request): boolean {
  return ok || (status === 404 && mayMiss === true) || (status === 412 && mayBeThere === true);
}

/** Whether the same request may succeed a little later. 501 is of stores that do not know it; AWS says 400 to who sends slowly. */
function isPassing(status: number, code: string): boolean {
  return (status >= 500 && status !== 501) || [408, 409, 429].includes(status) || code === 'RequestTimeout';
}

/** Errors of this machine's disk, which no other try mends. */
function isLocal(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT'].includes(codeOf(error) ?? '');
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
