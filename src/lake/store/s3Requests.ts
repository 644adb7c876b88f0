import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { S3Place } from './s3Place.ts';

/** Tried again after 0.2 s, 0.4 s … up to 5 s, about 20 s in all. */
const TRIES = 8;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A request that has not ended by then is given up and sent again; a slow line gets a second for each 100 kB. */
const PATIENCE_MS = 30_000;
const SLOWEST_BYTES_PER_MS = 100;

/** The requests of S3 that a lake needs, each tried again when the store fails, times out or asks to slow down. */
export class S3Requests {
  private readonly client: AwsClient;
  private readonly place: S3Place;
  private readonly signal: AbortSignal;

  constructor(place: S3Place, signal: AbortSignal) {
    this.place = place;
    this.signal = signal;
    const { accessKeyId, secretAccessKey, sessionToken, region } = place;
    const session = sessionToken === undefined ? {} : { sessionToken };
    this.client = new AwsClient({ accessKeyId, secretAccessKey, ...session, region, service: 's3', retries: 0 });
  }

  async get(key: string): Promise<Buffer | null> {
    return this.send(key, { method: 'GET' }, async (response) =>
      response.status === 404 ? null : Buffer.from(await response.arrayBuffer()),
    );
  }

  async head(key: string): Promise<number | null> {
    return this.send(key, { method: 'HEAD' }, async (response) =>
      response.status === 404 ? null : Number(response.headers.get('content-length') ?? 0),
    );
  }

  async download(key: string, file: string): Promise<boolean> {
    const content = await this.get(key);
    if (content !== null) fs.writeFileSync(file, content);
    return content !== null;
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

  /** Sends a file in parts. Until the last request the store shows nothing of it. */
  async putParts(key: string, file: string, size: number, partBytes: number): Promise<void> {
    const uploadId = await this.send(key, { method: 'POST', query: 'uploads=' }, async (response) =>
      element(await response.text(), 'UploadId'),
    );
    const query = `uploadId=${encodeURIComponent(uploadId)}`;
    const fd = fs.openSync(file, 'r');
    try {
      const tags: string[] = [];
      for (let from = 0; from < size; from += partBytes) {
        const part = Buffer.alloc(Math.min(partBytes, size - from));
        fs.readSync(fd, part, 0, part.length, from);
        const number = tags.length + 1;
        tags.push(
          await this.send(
            key,
            { method: 'PUT', body: part, query: `partNumber=${number}&${query}` },
            async (response) => response.headers.get('etag') ?? '',
          ),
        );
      }
      const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
      await this.send(key, { method: 'POST', query, body }, async (response) => {
        const text = await response.text();
        // Failures of this request may come with status 200.
        if (text.includes('<Error>')) throw new Error(element(text, 'Message') || 'the upload was not completed');
      });
    } catch (error) {
      await this.send(key, { method: 'DELETE', query }, async () => undefined).catch(() => undefined);
      throw error;
    } finally {
      fs.closeSync(fd);
    }
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
    await this.send(key, { method: 'DELETE' }, async () => undefined);
  }

  /** @param read reads the answer; 404 (but of PUT) and 412 are for it to judge */
  private async send<T>(
    key: string,
    request: { method: string; query?: string; body?: Buffer; headers?: Record<string, string> },
    read: (response: Response, attempt: number) => Promise<T>,
  ): Promise<T> {
    const { method, query, body, headers = {} } = request;
    const path = key.split('/').map(encodeURIComponent).join('/');
    const url = `${this.place.url}/${path}${query === undefined ? '' : `?${query}`}`;
    let problem: unknown;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      this.signal.throwIfAborted();
      if (attempt > 1) await this.pause(attempt);
      try {
        const patience = AbortSignal.timeout(PATIENCE_MS + Math.ceil((body?.length ?? 0) / SLOWEST_BYTES_PER_MS));
        const signal = AbortSignal.any([this.signal, patience]);
        const response = await this.client.fetch(url, {
          ...{ method, headers, signal },
          ...(body === undefined ? {} : { body: new Uint8Array(body) }),
        });
        if (
          response.ok ||
          response.status === 412 ||
          (response.status === 404 && query === undefined && method !== 'PUT')
        )
          return await read(response, attempt);
        const text = await response.text();
        problem = `${response.status} ${element(text, 'Code')} ${element(text, 'Message')}`.trim();
        if (!isPassing(response.status)) break;
      } catch (error) {
        this.signal.throwIfAborted();
        problem = error;
      }
    }
    throw this.failure(method, key, problem);
  }

  private async pause(attempt: number): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 2));
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal: this.signal });
  }

  private failure(method: string, key: string, problem: unknown): FinanceDbError {
    const cause = typeof problem === 'object' ? (problem as { cause?: unknown } | null)?.cause : undefined;
    const why = typeof problem === 'string' ? problem : messageOf(cause ?? problem);
    return new FinanceDbError('LAKE_STORE', `${method} s3://${this.place.bucket}/${key}: ${why}`, {
      cause: problem,
      details: { bucket: this.place.bucket, key },
    });
  }
}

/** Whether the same request may succeed a little later. */
function isPassing(status: number): boolean {
  return status >= 500 || [408, 409, 429].includes(status);
}

/** The text of the first element of that name; empty without one. */
function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
