/** What a pg_service.conf says of one service. */
export type Service =
  | { readonly kind: 'found'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed'; readonly line: number; readonly why: string };

/**
 * Reads one section of a connection service file ("The Connection Service File" in libpq's documentation): `[name]`, and
 * below it `parameter=value` lines until the next section. The first section of a name counts, as does the first value.
 */
export function readService(text: string, service: string): Service {
  const values = new Map<string, string>();
  let inside = false;
  let found = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const malformed = (why: string): Service => ({ kind: 'malformed', line: index + 1, why });
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (found) break;
      inside = line === `[${service}]`;
      found = inside;
      continue;
    }
    if (!inside) continue;
    if (/^ldaps?:/.test(line)) return malformed('services are not looked up in LDAP');
    const equals = line.indexOf('=');
    if (equals < 0) return malformed('expected parameter=value');
    const name = line.slice(0, equals);
    if (name === 'service' || name === 'servicefile') return malformed('a service cannot refer to another one');
    if (!values.has(name)) values.set(name, line.slice(equals + 1));
  }
  return found ? { kind: 'found', values } : { kind: 'missing' };
}
