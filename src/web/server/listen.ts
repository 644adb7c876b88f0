import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { codeOf, FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { requireDecentRequest, SECURITY_HEADERS } from './guards.ts';
import type { HostRules } from './hosts.ts';
import { problemOf, problemText } from './problem.ts';
import type { ServerLimits } from './serveOptions.ts';

export type Fetch = Parameters<typeof getRequestListener>[0];

/** Servers that listen at the same port of several addresses. */
export interface Listening {
  readonly port: number;
  readonly servers: readonly http.Server[];
}

/** Both loopbacks: browsers try ::1 first for localhost on some systems and 127.0.0.1 on others. */
const THIS_MACHINE = ['127.0.0.1', '::1'];

/**
 * Listens.
 * @throws FinanceDbError PORT_IN_USE, CONFIG for an address that is not of this machine
 */
export async function listen(
  fetch: Fetch,
  where: { readonly host: string | null; readonly port: number },
  rules: HostRules,
  limits: ServerLimits,
): Promise<Listening> {
  const listener = getRequestListener(fetch, { errorHandler: badRequest });
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenOnce(listener, where, rules, limits);
    } catch (error) {
      // A port that is free at one address may be taken at the other.
      const another = where.port === 0 && attempt < MOST_TRIES;
      if (!another || !isFinanceDbError(error) || error.code !== 'PORT_IN_USE') throw error;
    }
  }
}

const MOST_TRIES = 20;

async function listenOnce(
  listener: ReturnType<typeof getRequestListener>,
  where: { readonly host: string | null; readonly port: number },
  rules: HostRules,
  limits: ServerLimits,
): Promise<Listening> {
  const servers: http.Server[] = [];
  let { port } = where;
  try {
    for (const address of where.host === null ? THIS_MACHINE : [where.host]) {
      const server = makeServer(listener, rules, limits);
      // A machine without IPv6 has one loopback.
      if (!(await bind(server, address, port, servers.length > 0))) continue;
      servers.push(server);
      port = (server.address() as AddressInfo).port;
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return { port, servers };
}

function makeServer(
  listener: ReturnType<typeof getRequestListener>,
  rules: HostRules,
  limits: ServerLimits,
): http.Server {
  const server = http.createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      keepAliveTimeout: 5000,
    },
    (incoming, outgoing) => {
      try {
        requireDecentRequest(incoming, rules);
      } catch (error) {
        refuse(outgoing, error);
        return;
      }
      void listener(incoming, outgoing);
    },
  );
  server.on('clientError', refuseBytes);
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 100;
  return server;
}

/** A request that is not even looked at; whatever else comes on its connection is not either. */
function refuse(outgoing: http.ServerResponse, error: unknown): void {
  const problem = problemOf(error);
  const headers = { 'Content-Type': 'application/problem+json', Connection: 'close', ...SECURITY_HEADERS };
  outgoing.writeHead(problem.status, { ...headers, ...problem.headers }).end(problemText(problem));
}

/** Bytes that are no request, or too many, or too slow: told as everything else is, before the connection ends. */
function refuseBytes(error: Error, socket: Duplex): void {
  if (!socket.writable || codeOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[String(codeOf(error))] ?? 400;
  const body = problemText({
    ...problemOf(new FinanceDbError('USAGE', BYTES[status] ?? 'this is no request that can be understood')),
    status,
  });
  const headers = Object.entries({
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...SECURITY_HEADERS,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${headers.join('')}\r\n${body}`);
}

const BYTES: Readonly<Record<number, string>> = {
  408: 'the request did not come in time',
  431: 'the headers of the request are too long',
};

/** What the adapter could not make a request of. */
function badRequest(): Response {
  const problem = problemOf(new FinanceDbError('USAGE', 'this is no request that can be understood'));
  return new Response(problemText(problem), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json', ...SECURITY_HEADERS },
  });
}

/** Whether it listens; an address that the machine has not is passed over where another one does. */
function bind(server: http.Server, address: string, port: number, mayFail: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = codeOf(error);
      if (mayFail && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) resolve(false);
      else reject(bindError(error, address, port));
    });
    server.listen({ host: address, port, ipv6Only: address === '::1' }, () => resolve(true));
  });
}

function bindError(error: unknown, address: string, port: number): unknown {
  const shown = address.includes(':') ? `[${address}]` : address;
  const details = { address, port };
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new FinanceDbError('PORT_IN_USE', `another program listens at ${shown}:${port}`, {
        remedy: `take another port, such as --port ${port + 1}, or --port 0 for any that is free`,
        details,
        cause: error,
      });
    case 'EACCES':
      return new FinanceDbError('CONFIG', `this account may not listen at port ${port}`, {
        remedy: 'take a port from 1024, such as --port 8501',
        details,
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new FinanceDbError('CONFIG', `--host: this machine has no address ${address}`, {
        remedy: 'leave it out for this machine alone, or give 0.0.0.0 for all of its addresses',
        details,
        cause: error,
      });
    default:
      return error;
  }
}
