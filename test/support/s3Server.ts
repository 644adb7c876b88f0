import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseS3Place, type S3Place } from '../../src/lake/store/s3Place.ts';

/**
 * What befalls a request: an answer with that status (once its body was taken, or at once), one that says with status 200 that it failed, a
 * connection cut in the middle of the body, before or after the store did as it was told, an answer that is cut in its middle, a body that the store
 * stops taking, no answer at all; or a store that takes and says everything slowly.
 */
export type Trouble =
  | ('503' | '500' | '403' | '400 RequestTimeout' | '503 at once' | '200 with an error')
  | ('cut' | 'hang up' | 'hang up after it' | 'half an answer')
  | ('stall' | 'silence' | 'slow');

/** Answers of a slow store come in so many pieces. */
const SLOW_PIECES = 20;
/** A store of objects in memory, which fails as it is told. That we speak S3 is proven against a real one: test/lake/engines.ts. */
export interface S3Server {
  readonly place: S3Place;
  readonly env: Record<string, string>;
  /** By `/bucket/key`. */
  readonly objects: Map<string, Buffer>;
  /** Uploads in parts that were begun and not ended: their names and objects. */
  readonly uploads: Map<string, string>;
  requests: number;
  /** How long a slow store pauses after each piece that it takes or sends, in milliseconds. */
  slowMs: number;
  /** Asked for each request. */
  trouble: (request: http.IncomingMessage) => Trouble | undefined;
  clear(): void;
  close(): Promise<void>;
}

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, string>();
  const parts = new Map<string, Buffer>();
  let begun = 0;
  const server = http.createServer((request, response) => {
    store.requests++;
    const trouble = store.trouble(request);
    if (trouble === '503 at once') return void refuse(response, 503, 'SlowDown');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (trouble === 'cut') request.socket.destroy();
      if (trouble === 'stall' || trouble === 'slow') request.pause();
      if (trouble === 'slow') setTimeout(() => request.resume(), store.slowMs);
    });
    request.on('end', () => void reply(request, response, Buffer.concat(chunks), trouble));
  });

  function refuse(response: http.ServerResponse, status: number, code = `C${status}`): void {
    response.writeHead(status);
    response.end(`<Error><Code>${code}</Code><Message>not now</Message></Error>`);
  }
  async function reply(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    taken: Buffer,
    trouble: Trouble | undefined,
  ): Promise<void> {
    if (trouble === 'silence' || trouble === 'stall') return;
    if (trouble === 'hang up' || trouble === 'cut') return void request.socket.destroy();
    if (trouble === '503' || trouble === '500' || trouble === '403') return refuse(response, Number(trouble));
    if (trouble === '400 RequestTimeout') return refuse(response, 400, 'RequestTimeout');
    if (trouble === '200 with an error') return refuse(response, 200, 'InternalError');
    const { status = 200, headers = {}, body = Buffer.alloc(0) } = answer(request, taken);
    if (trouble === 'hang up after it') return void request.socket.destroy();
    response.writeHead(status, { ...headers, 'content-length': body.length });
    if (trouble === 'slow') {
      const size = Math.ceil(body.length / SLOW_PIECES);
      for (let at = 0; at < body.length; at += size) {
        response.write(body.subarray(at, at + size));
        await delay(store.slowMs);
      }
      return void response.end();
    }
    if (trouble !== 'half an answer' || body.length === 0) return void response.end(body);
    response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
  }

  interface Answer {
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body?: Buffer;
  }
  function answer(request: http.IncomingMessage, body: Buffer): Answer {
    const url = new URL(request.url ?? '', 'http://x');
    const key = decodeURIComponent(url.pathname);
    const [method, query] = [request.method, url.searchParams];
    const upload = query.get('uploadId');
    if (method === 'GET' && query.has('uploads')) return { body: Buffer.from(`<R>${listUploads(key, query)}</R>`) };
    if (method === 'GET' && query.has('list-type')) return { body: Buffer.from(`<R>${listKeys(key, query)}</R>`) };
    if (method === 'POST' && query.has('uploads')) {
      uploads.set(`u${++begun}`, key);
      return { body: Buffer.from(`<R><UploadId>u${begun}</UploadId></R>`) };
    }
    if (upload !== null && !uploads.has(upload)) return { status: 404 };
    if (method === 'POST') {
      const names = [...parts.keys()].filter((name) => name.startsWith(`${upload}#`)).sort();
      objects.set(key, Buffer.concat(names.map((name) => parts.get(name) ?? Buffer.alloc(0))));
      uploads.delete(upload ?? '');
    } else if (method === 'PUT' && upload !== null) {
      const number = query.get('partNumber') ?? '';
      parts.set(`${upload}#${number.padStart(4, '0')}`, body);
      return { headers: { etag: `"${number}"` } };
    } else if (method === 'DELETE' && upload !== null) uploads.delete(upload);
    else if (method === 'PUT' && request.headers['if-none-match'] === '*' && objects.has(key)) return { status: 412 };
    else if (method === 'PUT') objects.set(key, body);
    else if (method === 'DELETE') objects.delete(key);
    else {
      const found = objects.get(key);
      return found === undefined ? { status: 404 } : { body: found };
    }
    return {};
  }
  function listKeys(bucket: string, query: URLSearchParams): string {
    const keys = [...objects.keys()].map((name) => name.slice(bucket.length)).sort();
    return keys
      .filter((key) => key.startsWith(query.get('prefix') ?? ''))
      .map((key) => `<Key>${key}</Key>`)
      .join('');
  }
  function listUploads(bucket: string, query: URLSearchParams): string {
    return [...uploads]
      .map(([id, name]) => ({ id, key: name.slice(bucket.length) }))
      .filter(({ key }) => key.startsWith(query.get('prefix') ?? ''))
      .map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
      .join('\n');
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const store: S3Server = {
    place: parseS3Place('s3://money/pre', env) as S3Place,
    ...{ env, objects, uploads, requests: 0, slowMs: 2, trouble: () => undefined },
    clear: () => {
      for (const map of [objects, uploads, parts]) map.clear();
      store.requests = 0;
      store.slowMs = 2;
      store.trouble = () => undefined;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return store;
}
