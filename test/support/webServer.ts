import http from 'node:http';
import net from 'node:net';
import { loadConfig } from '../../src/config/config.ts';
import type { ServeOptions } from '../../src/web/server/serveOptions.ts';
import { type RunningServer, startServer } from '../../src/web/server/server.ts';

/** A server in this process at a random port; today is 2026-11-22. */
export async function startWeb(
  file: string,
  options: Partial<Omit<ServeOptions, 'config'>> & { readonly flags?: readonly string[] } = {},
): Promise<RunningServer & { readonly log: string[] }> {
  const log: string[] = [];
  const env = { FINANCE_DB_TODAY: '2026-11-22', HOME: '/nonexistent' };
  const server = await startServer({
    config: loadConfig({ duckdb: file }, env, '/'),
    now: () => new Date(),
    port: 0,
    host: null,
    token: null,
    base: '',
    allowedHosts: [],
    trustProxy: false,
    sql: true,
    sync: { automatic: false, follow: null, maxAgeMs: 300_000, program: [], flags: [], cwd: '/', env },
    log: (line) => log.push(line),
    // A test counts the turns that it takes itself.
    warm: false,
    ...options,
  });
  return { ...server, log };
}

export interface WebAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface WebRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly address?: string;
}

/** One request, its path and headers sent as they are: fetch would mend both. */
export function ask(port: number, path: string, request: WebRequest = {}): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, address = '127.0.0.1' } = request;
    const sent = http.request({ host: address, port, path, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends bytes as they are and returns all that comes back until the server closes the connection. */
export function sendRaw(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that has seen enough resets the connection.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    for (const piece of pieces) socket.write(piece);
  });
}

/** An open event stream: what was announced so far, and a promise of the next that fits. */
export interface EventStream {
  next(name: string, fits?: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
  close(): void;
}

export function openEvents(port: number, path = '/api/v1/events'): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const sent = http.get({ host: '127.0.0.1', port, path, agent: false }, (incoming) => {
      let text = '';
      const seen: { name: string; data: Record<string, unknown> }[] = [];
      const waiting = new Set<() => void>();
      incoming.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
          if (name !== undefined && data !== undefined) seen.push({ name, data: JSON.parse(data) });
          text = text.slice(end + 2);
        }
        for (const look of waiting) look();
      });
      incoming.on('error', () => undefined);
      const ended = new Promise<void>((done) => incoming.once('close', done));
      resolve({
        ended,
        close: () => sent.destroy(),
        next: (name, fits = () => true) =>
          new Promise((found) => {
            const look = (): void => {
              const place = seen.findIndex((event) => event.name === name && fits(event.data));
              if (place === -1) return;
              waiting.delete(look);
              const [event] = seen.splice(0, place + 1).slice(-1);
              found(event?.data ?? {});
            };
            waiting.add(look);
            look();
          }),
      });
    });
    sent.on('error', reject);
  });
}

/** POST of a document, as a program sends it. */
export function post(port: number, path: string, body: unknown = {}): Promise<WebAnswer> {
  return ask(port, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
