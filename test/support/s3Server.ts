import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseS3Place, type S3Place } from '../../src/lake/store/s3Place.ts';

/**
 * What befalls a request: an answer with that status, a connection cut before or after the store did as it was told, an answer that is cut
 * in its middle, or none at all.
 */
export type Trouble = '503' | '500' | '403' | 'hang up' | 'hang up after it' | 'half an answer' | 'silence';

/** A store of objects in memory, which fails as it is told. That we speak S3 is proven against a real one: test/lake/engines.ts. */
export interface S3Server {
  readonly place: S3Place;
  readonly env: Record<string, string>;
  /** By `/bucket/key`. */
  readonly objects: Map<string, Buffer>;
  /** Uploads in parts that were begun and not ended: their names and objects. */
  readonly uploads: Map<string, string>;
  requests: number;
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
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      store.requests++;
      const trouble = store.trouble(request);
      if (trouble === 'silence') return;
      if (trouble === 'hang up') return void request.socket.destroy();
      if (trouble === '503' || trouble === '500' || trouble === '403') {
        response.writeHead(Number(trouble));
        return void response.end(`<Error><Code>C${trouble}</Code><Message>not now</Message></Error>`);
      }
      const { status = 200, headers = {}, body = Buffer.alloc(0) } = answer(request, Buffer.concat(chunks));
      if (trouble === 'hang up after it') return void request.socket.destroy();
      response.writeHead(status, { ...headers, 'content-length': body.length });
      if (trouble !== 'half an answer' || body.length === 0) return void response.end(body);
      response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
    });
  });

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
    ...{ env, objects, uploads, requests: 0, trouble: () => undefined },
    clear: () => {
      for (const map of [objects, uploads, parts]) map.clear();
      store.requests = 0;
      store.trouble = () => undefined;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return store;
}
