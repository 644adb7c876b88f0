import type { ChannelBinding, SessionAttrs, SslMode, TlsVersion } from './parameters.ts';
import type { AuthMethod } from './requireAuth.ts';

/** One server: where to find it, and by what name to know it. */
export interface PostgresHost {
  /** A name, an address, or for unix sockets a folder (or `@` and an abstract name); empty when only `hostaddr` is given. */
  readonly host: string;
  /** The network address to connect to instead of looking `host` up. */
  readonly hostaddr?: string;
  readonly port: number;
}

/** The parts of an address, as libpq names them. */
export interface PostgresAddress extends PostgresHost {
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  readonly sslmode: SslMode;
  /** A file that the user named, or `system`. */
  readonly sslrootcert: string | undefined;
  /** Further servers, tried in this order when the first does not answer. */
  readonly otherHosts?: readonly PostgresHost[];
  /** What else libpq would obey; nothing of it when left out. */
  readonly settings?: ConnectionSettings;
  /** Whether the connection is to stream changes of its database ("walsender"). */
  readonly replication?: boolean;
}

/** Parameters that are rarely given; each as libpq's documentation describes it, null where libpq has no default. */
export interface ConnectionSettings {
  /** Where libpq looks for certificates that are not named: `~/.postgresql`; null when there is no home. */
  readonly folder: string | null;
  /** Where passwords are looked up; null when there is no home. */
  readonly passfile: string | null;
  readonly targetSessionAttrs: SessionAttrs;
  readonly loadBalance: boolean;
  /** Seconds for each host, 0 for as long as it takes; null when not given. */
  readonly connectTimeout: number | null;
  /** Command-line options for the server, such as `-c role=x`. */
  readonly options: string | null;
  readonly applicationName: string | null;
  readonly keepalives: boolean;
  readonly keepalivesIdle: number | null;
  readonly channelBinding: ChannelBinding;
  /** Ways to log in that are allowed; null for any. */
  readonly requireAuth: readonly AuthMethod[] | null;
  readonly sslnegotiation: 'postgres' | 'direct';
  readonly sslcert: string | null;
  readonly sslkey: string | null;
  readonly sslpassword: string | null;
  /** Whether a certificate of ours may be shown. */
  readonly sslcertmode: 'disable' | 'allow';
  readonly sslcrl: string | null;
  readonly tlsMinimum: TlsVersion | null;
  readonly tlsMaximum: TlsVersion | null;
}

/** Every server of an address, the first one first. */
export function hostsOf(address: PostgresAddress): PostgresHost[] {
  const { host, hostaddr, port, otherHosts = [] } = address;
  return [{ host, port, ...(hostaddr === undefined ? {} : { hostaddr }) }, ...otherHosts];
}

/** Whether the host is a unix socket: a folder, or an abstract name. */
export function isSocket({ host, hostaddr }: PostgresHost): boolean {
  return hostaddr === undefined && (host.startsWith('/') || host.startsWith('@'));
}

/** `host:port`, a folder in brackets. */
export function describeHost(place: PostgresHost): string {
  const name = place.host === '' ? (place.hostaddr ?? '') : place.host;
  return `${isSocket(place) || name.includes(':') ? `[${name}]` : name}:${place.port}`;
}

/** `host:port`, of several hosts all: where the server is, whoever asks. */
export function describePlace(address: PostgresAddress): string {
  return hostsOf(address).map(describeHost).join(',');
}

/** `user@host:port/database`, without the password. */
export function describeAddress(address: PostgresAddress): string {
  return `${address.user}@${describePlace(address)}/${address.database}`;
}
