import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { FinanceDbError } from '../../errors/financeDbError.ts';
import type { ConnectionSettings, PostgresAddress, PostgresHost } from './address.ts';
import {
  type GivenParameters,
  givenParameters,
  parameterError,
  type Surroundings,
  userFile,
} from './givenParameters.ts';
import { CHANNEL_BINDINGS, SESSION_ATTRS, SSL_MODES, type SslMode, TLS_VERSIONS } from './parameters.ts';
import { parseRequireAuth } from './requireAuth.ts';

/**
 * The address that libpq would connect to, from a connection string (if any), a service and the environment.
 * @param origin what the connection string is called in messages
 * @throws FinanceDbError CONFIG, FILE_UNREADABLE; never shows what may hold a password
 */
export function resolveAddress(
  connectionString: string | undefined,
  origin: string,
  surroundings: Surroundings,
): PostgresAddress {
  const given = givenParameters(connectionString, origin, surroundings);
  const text = (name: string): string | undefined => given.get(name)?.value;
  const [first, ...others] = parseHosts(given);
  const user = text('user') ?? accountName(surroundings.env);
  return {
    ...first,
    user,
    database: text('dbname') ?? user,
    password: text('password'),
    sslmode: sslModeOf(given),
    sslrootcert: text('sslrootcert'),
    ...(others.length === 0 ? {} : { otherHosts: others }),
    settings: settingsOf(given, surroundings.env),
  };
}

function settingsOf(given: GivenParameters, env: NodeJS.ProcessEnv): ConnectionSettings {
  const text = (name: string): string | null => given.get(name)?.value ?? null;
  const number = (name: string): number | null => (given.has(name) ? Math.max(0, Number(text(name))) : null);
  const one = <T extends string>(values: readonly T[], name: string): T | null =>
    values.find((value) => value === text(name)) ?? null;
  const [tlsMinimum, tlsMaximum] = [
    one(TLS_VERSIONS, 'ssl_min_protocol_version'),
    one(TLS_VERSIONS, 'ssl_max_protocol_version'),
  ];
  if (tlsMinimum !== null && tlsMaximum !== null && tlsMinimum > tlsMaximum)
    throw objectionTo(
      given,
      'ssl_min_protocol_version',
      `${tlsMinimum} is above ssl_max_protocol_version, ${tlsMaximum}`,
    );
  const requireAuth = given.has('require_auth') ? parseRequireAuth(text('require_auth') ?? '') : null;
  if (typeof requireAuth === 'string') throw objectionTo(given, 'require_auth', requireAuth);
  return {
    folder: userFile(env, '.postgresql', ''),
    passfile: text('passfile') ?? userFile(env, '.pgpass', 'pgpass.conf'),
    targetSessionAttrs: one(SESSION_ATTRS, 'target_session_attrs') ?? 'any',
    loadBalance: text('load_balance_hosts') === 'random',
    connectTimeout: number('connect_timeout'),
    options: text('options'),
    applicationName: text('application_name') ?? text('fallback_application_name'),
    keepalives: text('keepalives')?.trim() !== '0',
    keepalivesIdle: number('keepalives_idle') || null,
    channelBinding: one(CHANNEL_BINDINGS, 'channel_binding') ?? 'prefer',
    requireAuth,
    sslnegotiation: text('sslnegotiation') === 'direct' ? 'direct' : 'postgres',
    sslcert: text('sslcert'),
    sslkey: text('sslkey'),
    sslpassword: text('sslpassword'),
    sslcertmode: text('sslcertmode') === 'disable' ? 'disable' : 'allow',
    sslcrl: text('sslcrl'),
    ...{ tlsMinimum, tlsMaximum },
  };
}

function sslModeOf(given: GivenParameters): SslMode {
  const named = SSL_MODES.find((mode) => mode === given.get('sslmode')?.value);
  const system = given.get('sslrootcert')?.value === 'system';
  const mode = named ?? (system ? 'verify-full' : given.get('requiressl')?.value.trim() === '1' ? 'require' : 'prefer');
  // Anybody can get a certificate of a public authority: without the host's name it proves nothing.
  if (system && mode !== 'verify-full')
    throw objectionTo(given, 'sslmode', `sslrootcert=system needs verify-full, found ${mode}`);
  if (given.get('sslnegotiation')?.value === 'direct' && !['require', 'verify-ca', 'verify-full'].includes(mode))
    throw objectionTo(given, 'sslnegotiation', `direct needs sslmode=require or stronger, found ${mode}`);
  return mode;
}

/** The lists of `host`, `hostaddr` and `port` put together: as many of each, or one port for all. */
function parseHosts(given: GivenParameters): [PostgresHost, ...PostgresHost[]] {
  const list = (name: string): string[] =>
    given
      .get(name)
      ?.value.split(',')
      .map((item) => item.trim()) ?? [];
  const [names, addresses, ports] = [list('host'), list('hostaddr'), list('port')];
  const count = Math.max(names.length, addresses.length, 1);
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length)
    throw objectionTo(
      given,
      'hostaddr',
      `expected as many as there are hosts, ${names.length}, found ${addresses.length}`,
    );
  if (ports.length > 1 && ports.length !== count)
    throw objectionTo(given, 'port', `expected one, or as many as there are hosts, ${count}, found ${ports.length}`);
  const place = (index: number): PostgresHost => {
    const port = parsePort(given, (ports.length === 1 ? ports[0] : ports[index]) || '5432');
    const [host = '', hostaddr = ''] = [names[index], addresses[index]];
    if (hostaddr === '') return { host: host === '' ? defaultHost(port) : host, port };
    if (net.isIP(hostaddr) === 0)
      throw objectionTo(given, 'hostaddr', `expected a network address, found ${JSON.stringify(hostaddr)}`);
    return { host, hostaddr, port };
  };
  return [place(0), ...Array.from({ length: count - 1 }, (_, index) => place(index + 1))];
}

function parsePort(given: GivenParameters, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535)
    throw objectionTo(given, 'port', `expected a port from 1 to 65535, found ${JSON.stringify(text)}`);
  return port;
}

/** Where the packages of PostgreSQL put their sockets: libpq is built with one of these as the host of those who name none. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

function defaultHost(port: number): string {
  return SOCKET_FOLDERS.find((folder) => fs.existsSync(`${folder}/.s.PGSQL.${port}`)) ?? 'localhost';
}

function accountName(env: NodeJS.ProcessEnv): string {
  try {
    return os.userInfo().username;
  } catch {
    // An account without an entry in the system's list, as in some containers.
    return env['USER'] ?? 'postgres';
  }
}

function objectionTo(given: GivenParameters, name: string, objection: string): FinanceDbError {
  return parameterError(name, given.get(name)?.origin ?? 'the connection', objection);
}
