/** What a value of a parameter may be; the reason why others cannot be obeyed is for people. */
export type ParameterRule =
  | { readonly kind: 'text' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** libpq knows other values too, which finance-db cannot obey. */
  | { readonly kind: 'only'; readonly values: readonly string[]; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

/** One of libpq's connection parameters ("Parameter Key Words" and "Environment Variables" of its documentation). */
export interface Parameter {
  readonly name: string;
  /** The environment variable that gives it, if there is one. */
  readonly variable?: string;
  readonly rule: ParameterRule;
}

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export const SESSION_ATTRS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttrs = (typeof SESSION_ATTRS)[number];

export const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

const TEXT = { kind: 'text' } as const;
const INTEGER = { kind: 'integer' } as const;
const SWITCH = { kind: 'switch' } as const;
const choice = (values: readonly string[]): ParameterRule => ({ kind: 'choice', values });
const only = (values: readonly string[], why: string): ParameterRule => ({ kind: 'only', values, why });
const refused = (why: string): ParameterRule => ({ kind: 'refused', why });

const NO_SOCKET_OPTION = 'Node.js cannot set it on a socket';
const NO_KERBEROS = 'finance-db speaks no GSSAPI';
const NO_OAUTH = 'finance-db speaks no OAuth';

/**
 * Every parameter that libpq 18 knows: obeyed, or refused by name, never dropped. Those of GSSAPI that only matter once a
 * server asks for it have no effect, and such a server is told apart then; client_encoding has none either, since values
 * are always read as UTF-8.
 */
export const PARAMETERS: readonly Parameter[] = [
  { name: 'service', variable: 'PGSERVICE', rule: TEXT },
  { name: 'servicefile', variable: 'PGSERVICEFILE', rule: TEXT },
  { name: 'host', variable: 'PGHOST', rule: TEXT },
  { name: 'hostaddr', variable: 'PGHOSTADDR', rule: TEXT },
  { name: 'port', variable: 'PGPORT', rule: TEXT },
  { name: 'dbname', variable: 'PGDATABASE', rule: TEXT },
  { name: 'user', variable: 'PGUSER', rule: TEXT },
  { name: 'password', variable: 'PGPASSWORD', rule: TEXT },
  { name: 'passfile', variable: 'PGPASSFILE', rule: TEXT },
  { name: 'require_auth', variable: 'PGREQUIREAUTH', rule: TEXT },
  { name: 'channel_binding', variable: 'PGCHANNELBINDING', rule: choice(CHANNEL_BINDINGS) },
  { name: 'connect_timeout', variable: 'PGCONNECT_TIMEOUT', rule: INTEGER },
  { name: 'client_encoding', variable: 'PGCLIENTENCODING', rule: TEXT },
  { name: 'options', variable: 'PGOPTIONS', rule: TEXT },
  { name: 'application_name', variable: 'PGAPPNAME', rule: TEXT },
  { name: 'fallback_application_name', rule: TEXT },
  { name: 'keepalives', rule: SWITCH },
  { name: 'keepalives_idle', rule: INTEGER },
  { name: 'keepalives_interval', rule: only(['0'], NO_SOCKET_OPTION) },
  { name: 'keepalives_count', rule: only(['0'], NO_SOCKET_OPTION) },
  { name: 'tcp_user_timeout', rule: only(['0'], NO_SOCKET_OPTION) },
  { name: 'sslmode', variable: 'PGSSLMODE', rule: choice(SSL_MODES) },
  { name: 'requiressl', variable: 'PGREQUIRESSL', rule: SWITCH },
  { name: 'sslnegotiation', variable: 'PGSSLNEGOTIATION', rule: choice(['postgres', 'direct']) },
  { name: 'sslcompression', variable: 'PGSSLCOMPRESSION', rule: only(['0'], 'TLS is not compressed any more') },
  { name: 'sslcert', variable: 'PGSSLCERT', rule: TEXT },
  { name: 'sslkey', variable: 'PGSSLKEY', rule: TEXT },
  {
    name: 'sslcertmode',
    variable: 'PGSSLCERTMODE',
    rule: only(['disable', 'allow'], 'Node.js does not tell whether the server asked for the certificate'),
  },
  { name: 'sslpassword', rule: TEXT },
  { name: 'sslrootcert', variable: 'PGSSLROOTCERT', rule: TEXT },
  { name: 'sslcrl', variable: 'PGSSLCRL', rule: TEXT },
  { name: 'sslcrldir', variable: 'PGSSLCRLDIR', rule: refused('give one file of revoked certificates with sslcrl') },
  { name: 'sslsni', variable: 'PGSSLSNI', rule: only(['1'], 'the name of the host is always sent') },
  { name: 'sslkeylogfile', rule: refused('keys of connections are not written down') },
  { name: 'ssl_min_protocol_version', variable: 'PGSSLMINPROTOCOLVERSION', rule: choice(TLS_VERSIONS) },
  { name: 'ssl_max_protocol_version', variable: 'PGSSLMAXPROTOCOLVERSION', rule: choice(TLS_VERSIONS) },
  {
    name: 'min_protocol_version',
    variable: 'PGMINPROTOCOLVERSION',
    rule: only(['3.0'], 'finance-db speaks version 3.0 of the protocol'),
  },
  { name: 'max_protocol_version', variable: 'PGMAXPROTOCOLVERSION', rule: choice(['3.0', '3.2', 'latest']) },
  { name: 'requirepeer', variable: 'PGREQUIREPEER', rule: refused('Node.js does not tell who owns a unix socket') },
  { name: 'gssencmode', variable: 'PGGSSENCMODE', rule: only(['disable', 'prefer'], NO_KERBEROS) },
  { name: 'krbsrvname', variable: 'PGKRBSRVNAME', rule: TEXT },
  { name: 'gsslib', variable: 'PGGSSLIB', rule: TEXT },
  { name: 'gssdelegation', variable: 'PGGSSDELEGATION', rule: only(['0'], NO_KERBEROS) },
  { name: 'target_session_attrs', variable: 'PGTARGETSESSIONATTRS', rule: choice(SESSION_ATTRS) },
  { name: 'load_balance_hosts', variable: 'PGLOADBALANCEHOSTS', rule: choice(['disable', 'random']) },
  {
    name: 'replication',
    rule: only(['false', 'off', 'no', '0'], 'rows are read with SQL, which such a connection does not take'),
  },
  { name: 'scram_client_key', rule: refused('give a password') },
  { name: 'scram_server_key', rule: refused('give a password') },
  { name: 'oauth_issuer', rule: refused(NO_OAUTH) },
  { name: 'oauth_client_id', rule: refused(NO_OAUTH) },
  { name: 'oauth_client_secret', rule: refused(NO_OAUTH) },
  { name: 'oauth_scope', rule: refused(NO_OAUTH) },
];

export const PARAMETER_NAMES: readonly string[] = PARAMETERS.map(({ name }) => name);

/** The environment variables that decide about the connection, those that are no parameter included. */
export const CONNECTION_VARIABLES: readonly string[] = [
  ...PARAMETERS.flatMap(({ variable }) => (variable === undefined ? [] : [variable])),
  'PGSYSCONFDIR',
];

/**
 * Whether an empty value stands for none. Of a choice such as sslmode libpq refuses it: a variable that a script left
 * unset (`sslmode=$MODE`) must not make the connection weaker than was meant.
 */
export function mayBeEmpty({ name, rule }: Parameter): boolean {
  return rule.kind !== 'choice' || name.endsWith('_protocol_version');
}

/** What a value must be to be obeyed, in words: `expected …`; null when it is. */
export function objectionTo(parameter: Parameter, value: string): string | null {
  const { rule } = parameter;
  const found = `found ${JSON.stringify(value)}`;
  switch (rule.kind) {
    case 'text':
      return null;
    case 'integer':
      return /^\s*[+-]?\d{1,9}\s*$/.test(value) ? null : `expected a whole number, ${found}`;
    case 'switch':
      return /^\s*[01]\s*$/.test(value) ? null : `expected 0 or 1, ${found}`;
    case 'choice':
      return rule.values.includes(value) ? null : `expected one of ${rule.values.join(', ')}, ${found}`;
    case 'only':
      return rule.values.includes(value)
        ? null
        : `only ${rule.values.join(', ')} can be obeyed (${rule.why}), ${found}`;
    case 'refused':
      return `cannot be obeyed: ${rule.why}`;
  }
}
