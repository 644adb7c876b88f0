import { randomInt } from 'node:crypto';
import type pg from 'pg';
import {
  describeHost,
  hostsOf,
  isSocket,
  type PostgresAddress,
  type PostgresHost,
} from '../../config/connection/address.ts';
import type { SessionAttrs, SslMode } from '../../config/connection/parameters.ts';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { isNetworkError, isTlsError } from '../errors.ts';
import { openClient } from './openClient.ts';

/** A client that is connected, and to which of the hosts. */
export interface Connected {
  readonly client: pg.Client;
  readonly place: PostgresHost;
}

/**
 * Connects to the first host of an address that answers and is what target_session_attrs asks for. As in libpq a host that
 * refuses us is not passed over.
 * @throws what stopped it, of one host or of all
 */
export async function connectAny(address: PostgresAddress, signal?: AbortSignal): Promise<Connected> {
  const attrs = address.settings?.targetSessionAttrs ?? 'any';
  const hosts = address.settings?.loadBalance === true ? shuffled(hostsOf(address)) : hostsOf(address);
  const failures: { place: PostgresHost; error: unknown }[] = [];
  for (const wanted of attrs === 'prefer-standby' ? (['standby', 'any'] as const) : [attrs]) {
    failures.length = 0;
    for (const place of hosts) {
      signal?.throwIfAborted();
      try {
        const client = await connectHost(address, place);
        if (await suits(client, wanted)) return { client, place };
        await client.end().catch(() => undefined);
        failures.push({ place, error: notSuitable(place, attrs) });
      } catch (error) {
        if (!isNetworkError(error)) throw error;
        failures.push({ place, error });
      }
    }
  }
  throw allFailed(failures);
}

function notSuitable(place: PostgresHost, attrs: SessionAttrs): FinanceDbError {
  return new FinanceDbError(
    'PG_SESSION_ATTRS',
    `the server ${describeHost(place)} is not what target_session_attrs=${attrs} asks for`,
  );
}

function allFailed(failures: readonly { place: PostgresHost; error: unknown }[]): unknown {
  const [first] = failures;
  if (failures.length === 1) return first?.error;
  const text = failures
    .map(({ place, error }) =>
      isFinanceDbError(error) ? error.message : `${describeHost(place)}: ${messageOf(error)}`,
    )
    .join('; ');
  // One that was reached tells more than those that were not.
  const reached = failures.find(({ error }) => isFinanceDbError(error))?.error;
  if (isFinanceDbError(reached)) return new FinanceDbError(reached.code, text);
  return Object.assign(new Error(text), { code: codeOf(first?.error) });
}

/** Whether a session is of the kind that target_session_attrs asks for. */
async function suits(client: pg.Client, wanted: SessionAttrs): Promise<boolean> {
  if (wanted === 'any') return true;
  const result = await client.query<{ standby: string; readonly: string }>(
    "SELECT pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('transaction_read_only') AS readonly",
  );
  const [row] = result.rows;
  if (wanted === 'read-write' || wanted === 'read-only') return (row?.readonly === 'on') === (wanted === 'read-only');
  return (row?.standby === 't') === (wanted === 'standby');
}

/** Connects to one host, with TLS or without, in the order and with the second chance that the mode means. */
async function connectHost(address: PostgresAddress, place: PostgresHost): Promise<pg.Client> {
  const [first, second] = isSocket(place) ? [false] : ENCRYPTED_IN_TURN[address.sslmode];
  try {
    return await openClient(address, place, first);
  } catch (error) {
    if (second === undefined || !deservesSecondChance(error)) throw error;
    try {
      return await openClient(address, place, second);
    } catch (again) {
      throw bothFailed(error, again, second);
    }
  }
}

/** Whether to speak with TLS: first, and if the server will not have it, then. */
const ENCRYPTED_IN_TURN: Readonly<Record<SslMode, readonly [boolean, boolean?]>> = {
  disable: [false],
  allow: [false, true],
  prefer: [true, false],
  require: [true],
  'verify-ca': [true],
  'verify-full': [true],
};

/** The server refused us, perhaps for the kind of connection (pg_hba.conf), or TLS itself failed. */
function deservesSecondChance(error: unknown): boolean {
  if (isFinanceDbError(error)) return false;
  return codeOf(error)?.startsWith('28') === true || isTlsError(error);
}

function bothFailed(first: unknown, second: unknown, encrypted: boolean): unknown {
  // A server without TLS has nothing to add to what it said without.
  if (/does not support SSL/i.test(messageOf(second))) return first;
  if (isFinanceDbError(second) || messageOf(first) === messageOf(second)) return second;
  const text = `${messageOf(first)}; ${encrypted ? 'with' : 'without'} TLS: ${messageOf(second)}`;
  return Object.assign(new Error(text), { code: codeOf(second) });
}

function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    const [a, b] = [result[last], result[other]];
    if (a === undefined || b === undefined) break;
    [result[last], result[other]] = [b, a];
  }
  return result;
}
