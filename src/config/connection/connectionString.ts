/** The parameters that a connection string names, by libpq's names, as they were written. */
export type ConnectionString = ReadonlyMap<string, string>;

/** A connection string that libpq would not take either. The message holds nothing of it that may be secret. */
export class ConnectionStringError extends Error {}

/**
 * Reads a connection string in either of libpq's forms, `postgresql://…` or `host=… dbname=…` ("Connection Strings" in its
 * documentation). Which parameters there are, and what they may be, is not looked at.
 * @throws ConnectionStringError saying what is malformed
 */
export function parseConnectionString(text: string): ConnectionString {
  const string = text.trim();
  if (/^postgres(ql)?:\/\//.test(string)) return parseUri(string);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(string)) throw new ConnectionStringError('it must begin with postgres://');
  if (!string.includes('=')) throw new ConnectionStringError('it is neither postgres://… nor host=… dbname=…');
  return parseKeywords(string);
}

/** `postgresql://[user[:password]@][host[:port],…][/database][?name=value&…]`: each part ends where the next one's sign stands. */
function parseUri(uri: string): ConnectionString {
  const values = new Map<string, string>();
  let rest = uri.slice(uri.indexOf('://') + 3);
  const login = /^([^@/]*)@/.exec(rest);
  if (login !== null) {
    rest = rest.slice(login[0].length);
    const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(login[1] ?? '') ?? [];
    if (user !== '') values.set('user', decode(user));
    if (password !== undefined && password !== '') values.set('password', decode(password));
  }
  const hosts: string[] = [];
  const ports: string[] = [];
  for (;;) {
    const [whole = '', bracketed, name = '', port = ''] =
      /^(?:\[([^\]]*)\]|([^:/?,[]*))(?::([^/?,]*))?/.exec(rest) ?? [];
    rest = rest.slice(whole.length);
    if (rest !== '' && !/^[/?,]/.test(rest)) throw new ConnectionStringError('its host cannot be read');
    if (bracketed === '') throw new ConnectionStringError('the IPv6 address in it is empty');
    hosts.push(decode(bracketed ?? name));
    ports.push(decode(port));
    if (!rest.startsWith(',')) break;
    rest = rest.slice(1);
  }
  if (hosts.join(',') !== '') values.set('host', hosts.join(','));
  if (ports.join(',') !== '') values.set('port', ports.join(','));
  const [, database = '', query] = /^(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest) ?? [];
  if (database !== '') values.set('dbname', decode(database));
  for (const pair of query === undefined || query === '' ? [] : query.split('&')) addPair(values, pair);
  return values;
}

function addPair(values: Map<string, string>, pair: string): void {
  const [, name, value] = /^([^=]*)=([^=]*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined)
    throw new ConnectionStringError('after the ? it must say name=value, with & between (= in a value as %3D)');
  // As the JDBC driver writes it; libpq takes that, too.
  if (name === 'ssl' && value === 'true') values.set('sslmode', 'require');
  else values.set(decode(name), decode(value));
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new ConnectionStringError('a % in it is not followed by two hexadecimal digits, or not by UTF-8');
  }
  if (decoded.includes('\0')) throw new ConnectionStringError('%00 cannot be part of it');
  return decoded;
}

/** `name = value …`: values with blanks in single quotes; a backslash makes the next character an ordinary one. */
function parseKeywords(text: string): ConnectionString {
  const values = new Map<string, string>();
  const pattern = /\s*([^\s=]+)\s*(=)?\s*(?:'((?:[^'\\]|\\.)*)('?)|((?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*)?)/suy;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new ConnectionStringError('it cannot be read as name=value name=value …');
    const [whole, name = '', equals, quoted, quote, plain = ''] = match;
    if (equals === undefined)
      throw new ConnectionStringError(
        'a name in it is not followed by = and a value (values with blanks in single quotes)',
      );
    if (quoted !== undefined && quote === '') throw new ConnectionStringError("a ' in it is never closed");
    values.set(name, (quoted ?? plain).replace(/\\(.)/gsu, '$1'));
    at += whole.length;
  }
  return values;
}
