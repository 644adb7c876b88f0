import path from 'node:path';
import type { PostgresAddress } from './connection/address.ts';
import { resolveAddress } from './connection/resolveAddress.ts';

export type { PostgresAddress } from './connection/address.ts';

/** Where the source is: a server of the user's, or our own embedded one. */
export type PostgresTarget =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'external'; readonly connection: PostgresAddress };

/** Variables that name a server; others, such as PGSSLMODE, only say how to talk to one. */
const NAMES_A_SERVER = ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE', 'PGHOSTADDR', 'PGSERVICE'];

/**
 * Chooses the source: --database-url > DATABASE_URL > PGHOST and its kin > the embedded server. As in libpq, a part
 * that the URL leaves out comes from the service and the PG* variables, and failing these from libpq's defaults.
 * @throws FinanceDbError CONFIG naming the part that is wrong; never shows the URL, which may hold a password.
 */
export function resolvePostgresTarget(
  urlFlag: string | undefined,
  setting: (name: string) => string | undefined,
  home: string,
  env: NodeJS.ProcessEnv,
): PostgresTarget {
  const url = urlFlag ?? setting('DATABASE_URL');
  if (url === undefined && !NAMES_A_SERVER.some((name) => setting(name) !== undefined))
    return { kind: 'embedded', folder: path.join(home, 'postgres') };
  const origin = urlFlag === undefined ? 'DATABASE_URL' : '--database-url';
  return { kind: 'external', connection: resolveAddress(url, origin, { setting, env }) };
}
