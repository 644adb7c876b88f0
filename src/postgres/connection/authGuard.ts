import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from 'pg';
import type { ConnectionSettings } from '../../config/connection/address.ts';
import type { AuthMethod } from '../../config/connection/requireAuth.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';

/** The driver's connection, which tells of each message of the server. */
interface DriverConnection extends EventEmitter {
  readonly stream: Duplex;
}

/**
 * Makes a client obey `require_auth` and `channel_binding`: it hangs up before it answers a server that asks for less, or
 * that asks for nothing. Call it before the client connects, so that it hears each question first.
 */
export function guardAuthentication(
  client: pg.Client,
  settings: Pick<ConnectionSettings, 'requireAuth' | 'channelBinding'>,
  encrypted: boolean,
): void {
  const { connection } = client as unknown as { connection: DriverConnection };
  let asked: AuthMethod = 'none';
  const hangUp = (why: string): void => {
    connection.emit('error', new FinanceDbError('PG_AUTH', why, { remedy: 'see require_auth and channel_binding' }));
    connection.stream.destroy();
  };
  const check = (method: AuthMethod): void => {
    if (settings.requireAuth?.includes(method) === false)
      hangUp(
        method === 'none'
          ? 'the server let us in without a question, which require_auth does not allow'
          : `the server asks for the method ${method}, which require_auth does not allow`,
      );
  };
  const ask = (method: AuthMethod, bound: boolean): void => {
    asked = method;
    check(method);
    if (settings.channelBinding === 'require' && !bound)
      hangUp(`channel_binding=require, but the server offers no login that is bound to the connection`);
  };
  connection.on('authenticationCleartextPassword', () => ask('password', false));
  connection.on('authenticationMD5Password', () => ask('md5', false));
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) =>
    ask('scram-sha-256', encrypted && mechanisms.includes('SCRAM-SHA-256-PLUS')),
  );
  connection.on('authenticationOk', () => {
    if (asked === 'none') ask('none', false);
  });
}
