import os from 'node:os';
import path from 'node:path';
import { FinanceDbError } from '../errors/financeDbError.ts';

/** Where the source is: a server of the user's, or our own embedded one. */
export type PostgresTarget =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'external'; readonly connection: PostgresAddress };

/** The parts of an address, as libpq names them. `host` is a folder for unix sockets. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  readonly sslmode: SslMode;
  readonly sslrootcert: string | undefined;
}

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/**
 * Chooses the source: --database-url > DATABASE_URL > PGHOST and its kin > the embedded server. As in libpq, a part
 * that the URL leaves out comes from the PG* variables, and failing these from libpq's defaults.
 * @throws FinanceDbError CONFIG naming the part that is wrong; never shows the URL, which may hold a password.
 */
export function resolvePostgresTarget(
  urlFlag: string | undefined,
  setting: (name: string) => string | undefined,
  home: string,
  env: NodeJS.ProcessEnv,
): PostgresTarget {
  const url = urlFlag ?? setting('DATABASE_URL');
  const named = ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE', 'PGHOSTADDR', 'PGSERVICE'].some(
    (name) => setting(name) !== undefined,
  );
  if (url === undefined && !named) return { kind: 'embedded', folder: path.join(home, 'postgres') };
  if (setting('PGSERVICE') !== undefined && url === undefined)
    throw new FinanceDbError('CONFIG', 'PGSERVICE is not supported', {
      remedy: 'give DATABASE_URL, or PGHOST and its kin',
    });
  const parts = url === undefined ? {} : parseUrl(url);
  const user = parts.user ?? setting('PGUSER') ?? env.USER ?? os.userInfo().username;
  return {
    kind: 'external',
    connection: {
      host: parts.host ?? setting('PGHOSTADDR') ?? setting('PGHOST') ?? 'localhost',
      port: parsePort(parts.port ?? setting('PGPORT') ?? '5432'),
      user,
      database: parts.database ?? setting('PGDATABASE') ?? user,
      password: parts.password ?? setting('PGPASSWORD'),
      sslmode: parseSslMode(parts.sslmode ?? setting('PGSSLMODE') ?? 'prefer'),
      sslrootcert: parts.sslrootcert ?? setting('PGSSLROOTCERT'),
    },
  };
}

/** `user@host:port/database`, without the password. */
export function describeAddress(address: PostgresAddress): string {
  const host = address.host.startsWith('/') ? `[${address.host}]` : address.host;
  return `${address.user}@${host}:${address.port}/${address.database}`;
}

/** `host:port`: where the server is, whoever asks. */
export function describePlace(address: Pick<PostgresAddress, 'host' | 'port'>): string {
  const host = address.host.startsWith('/') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

interface UrlParts {
  host?: string;
  port?: string;
  user?: string;
  password?: string;
  database?: string;
  sslmode?: string;
  sslrootcert?: string;
}

/** Reads `postgres://user:password@host:port/database?sslmode=…&host=/socket/folder`, as libpq does. */
function parseUrl(text: string): UrlParts {
  let url: URL;
  try {
    // A URL without a host (postgres:///db?host=/run/postgresql) is libpq's way to name a socket; `base` is a stand-in.
    url = new URL(text.trim().replace(/^(postgres(?:ql)?:\/\/(?:[^/@]*@)?)(?=[/?]|$)/, '$1base'));
  } catch {
    throw badUrl('it cannot be read');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw badUrl('it must begin with postgres://');
  const parts: UrlParts = {};
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host !== '' && host !== 'base') parts.host = host;
  if (url.port !== '') parts.port = url.port;
  if (url.username !== '') parts.user = decode(url.username);
  if (url.password !== '') parts.password = decode(url.password);
  if (url.pathname.length > 1) parts.database = decode(url.pathname.slice(1));
  const known: readonly (keyof UrlParts)[] = ['host', 'port', 'user', 'password', 'sslmode', 'sslrootcert'];
  for (const [name, value] of url.searchParams) {
    const part = known.find((candidate) => candidate === name);
    if (part !== undefined) parts[part] = value;
    else if (name === 'dbname') parts.database = value;
    // Others (application_name, connect_timeout …) do not change where we connect.
  }
  return parts;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl('a % in it is not followed by two hexadecimal digits');
  }
}

function badUrl(why: string): FinanceDbError {
  return new FinanceDbError('CONFIG', `the PostgreSQL URL is malformed: ${why}`, {
    remedy: 'give postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters as %XX)',
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new FinanceDbError('CONFIG', `PGPORT: expected a port from 1 to 65535, found ${JSON.stringify(text)}`);
  return port;
}

function parseSslMode(text: string): SslMode {
  const mode = SSL_MODES.find((candidate) => candidate === text);
  if (mode === undefined)
    throw new FinanceDbError(
      'CONFIG',
      `PGSSLMODE: expected one of ${SSL_MODES.join(', ')}, found ${JSON.stringify(text)}`,
    );
  return mode;
}
