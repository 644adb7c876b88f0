import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';

/** Errors of the network, as Node names them. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
]);

/** SQLSTATEs of a server that ends our session: shutdown, crash, terminated by an administrator. */
const SESSION_ENDED = new Set(['57P01', '57P02', '57P05', '25P03', '08003', '08006', 'ECONNRESET', 'EPIPE']);

/** "cannot_connect_now": it starts, stops or recovers. */
const NOT_NOW = '57P03';
/** "too_many_connections": of the server, the database or the role; it includes slots that are reserved for others. */
const TOO_MANY = '53300';

/** A lock was waited for as long as was allowed. */
const LOCK_NOT_AVAILABLE = '55P03';

/** The server's function that looks for the partition of a row: its errors share a code with those of CHECK constraints. */
const FINDS_PARTITION = 'ExecFindPartition';

/** Whether a failed connect is worth another try in a moment. */
export function isTransient(error: unknown): boolean {
  return isNetworkError(error) || tooMany(error);
}

/** A pooler says it with another code. */
function tooMany(error: unknown): boolean {
  return codeOf(error) === TOO_MANY || /no more connections allowed/.test(messageOf(error));
}

/** Whether no server answered, or one that cannot be used now: the next host may be better. */
export function isNetworkError(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return NETWORK.has(code) || SESSION_ENDED.has(code) || code === NOT_NOW || timedOut(error) || connectionEnded(error);
}

/** Whether a server answered, and there is no secure connection to it. */
export function isTlsError(error: unknown): boolean {
  return isCertificateError(error) || /^(ERR_SSL|ERR_TLS|EPROTO)/.test(codeOf(error) ?? '') || noTls(error);
}

/** Node's names for a certificate that does not hold, ours or the server's, and for an authority that nobody knows. */
const CERTIFICATE =
  /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_C)|_ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE)/;

function isCertificateError(error: unknown): boolean {
  return CERTIFICATE.test(codeOf(error) ?? '');
}

/** What the driver says when the server has no TLS to offer, or cannot agree on it. */
function noTls(error: unknown): boolean {
  return /does not support SSL|error establishing an SSL connection/i.test(messageOf(error));
}

function timedOut(error: unknown): boolean {
  return codeOf(error) === undefined && /^timeout expired$/.test(messageOf(error));
}

/**
 * Turns an error of the driver, the network or the server into one of ours, once, at the boundary.
 * @param where the address without password, or what was being done
 */
export function mapPostgresError(error: unknown, where: string): FinanceDbError {
  if (isFinanceDbError(error)) return error;
  const code = codeOf(error) ?? '';
  const message = describe(error);
  const details = { sqlstate: code };
  const make = (ours: ConstructorParameters<typeof FinanceDbError>[0], text: string): FinanceDbError =>
    new FinanceDbError(ours, text, { cause: error, details });
  if (SESSION_ENDED.has(code) || connectionEnded(error))
    return make('PG_CONNECTION_LOST', `the connection to PostgreSQL (${where}) ended: ${message}`);
  if (NETWORK.has(code) || code === NOT_NOW || timedOut(error))
    return make('PG_UNREACHABLE', `PostgreSQL does not answer at ${where}: ${message}`);
  if (tooMany(error))
    return make('PG_TOO_MANY_CONNECTIONS', `PostgreSQL (${where}) has no connection left for us: ${message}`);
  if (isCertificateError(error))
    return make(
      'PG_CERTIFICATE',
      `the certificate for the connection to PostgreSQL at ${where} does not hold: ${message}`,
    );
  if (isTlsError(error)) return make('PG_TLS', `no secure connection to PostgreSQL at ${where}: ${message}`);
  if (/Unknown authenticationOk message type/.test(message))
    return make(
      'PG_AUTH',
      `PostgreSQL (${where}) asks for a way to log in that finance-db does not know, such as GSSAPI`,
    );
  if (code === '28P01' || code === '28000' || /password must be a string|no password supplied/.test(message))
    return make('PG_AUTH', `PostgreSQL refused to let us in (${where}): ${message}`);
  if (code === LOCK_NOT_AVAILABLE) return make('PG_LOCKED', `a table is locked (${where}): ${message}`);
  if (code === '3D000') return make('PG_DATABASE_MISSING', `${message} (${where})`);
  if (code === '42501') return make('PG_PERMISSION', `${message} (${where})`);
  if (code === '42P01' || code === '3F000') return make('PG_TABLE_MISSING', `${message} (${where})`);
  if (
    code === '23514' &&
    typeof error === 'object' &&
    error !== null &&
    'routine' in error &&
    error.routine === FINDS_PARTITION
  )
    return make('PG_NO_PARTITION', `${message}${'detail' in error ? `: ${String(error.detail)}` : ''} (${where})`);
  // A database of encoding SQL_ASCII may hold anything; the server checks what it sends.
  if (code === '22021' || code === '22P05')
    return make('VALUE_REFUSED', `the source holds text that is not UTF-8: ${message} (${where})`);
  return make('PG_QUERY', `PostgreSQL (${where}): ${message}${code === '' ? '' : ` [${code}]`}`);
}

function connectionEnded(error: unknown): boolean {
  return /Connection terminated|connection timeout|Client has encountered a connection error/i.test(messageOf(error));
}

/** An AggregateError (localhost tried over IPv6 and IPv4) has an empty message of its own. */
function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors))
    return [...new Set(error.errors.map(messageOf))].join('; ');
  return messageOf(error);
}
