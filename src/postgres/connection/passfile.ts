import fs from 'node:fs';
import { isSocket, type PostgresHost } from '../../config/connection/address.ts';

/** What a password is looked up for. */
export interface Login {
  readonly place: PostgresHost;
  readonly database: string;
  readonly user: string;
}

/** A password that was found, or in words why there is none. */
export type PasswordSearch = { readonly password: string } | { readonly problem: string };

/** Looks a password up in a file like ~/.pgpass ("The Password File" in libpq's documentation). */
export function lookUpPassword(file: string, login: Login): PasswordSearch {
  let text: string;
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile()) return { problem: `${file} is no plain file` };
    // As in libpq: a password that others may read is not used.
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
      return { problem: `${file} is not used, since others may read it (chmod 600)` };
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return { problem: `there is no ${file}` };
  }
  const password = findPassword(text, login);
  return password === null ? { problem: `no line of ${file} fits` } : { password };
}

/** The password of the first line `host:port:database:user:password` that fits; a backslash makes : and \ ordinary. */
export function findPassword(text: string, { place, database, user }: Login): string | null {
  const host = isDefaultSocket(place) ? 'localhost' : place.host || (place.hostaddr ?? '');
  const wanted = [host, String(place.port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = line.match(/(?:^|:)(?:\\.|[^:\\])*/gs)?.map((field) => field.replace(/^:/, '')) ?? [];
    const plain = fields.map((field) => field.replace(/\\(.)/gs, '$1'));
    const fits = wanted.every((value, index) => fields[index] === '*' || plain[index] === value);
    // A : in the password itself need not be escaped.
    if (fits && fields.length > 4) return plain.slice(4).join(':');
  }
  return null;
}

function isDefaultSocket(place: PostgresHost): boolean {
  return isSocket(place) && ['/var/run/postgresql', '/tmp'].includes(place.host);
}
