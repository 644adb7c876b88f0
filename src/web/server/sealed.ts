import crypto from 'node:crypto';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { isPrivate } from '../pages/ink.ts';
import { SEALED, sealedName } from '../pages/links.ts';

/** Parameters that are amounts; `q` only where it is searched for one. */
const AMOUNTS: readonly string[] = ['opening', 'min', 'max', 'q'];
/** Given once: a new one takes the place of one that is sealed. */
const SINGLE: readonly string[] = ['min', 'max', 'q'];

/** Of this run of the server: who reads an address over a shoulder learns nothing, and nobody else has to read it. */
const KEY = crypto.randomBytes(32);
const [IV, TAG] = [12, 16];

/**
 * The same address as it must stand in a browser: while amounts are hidden those in it are sealed, `min=250` as
 * `sealed=min.0aF…`, and else they are as they were typed.
 * @returns null where it stands so already
 * @throws FinanceDbError USAGE for what another run has sealed
 */
export function addressFor(query: URLSearchParams): URLSearchParams | null {
  if (!isPrivate(query)) return query.has(SEALED) ? openedQuery(query) : null;
  if (![...query].some(isAmount)) return null;
  const sealed = new URLSearchParams();
  for (const pair of openedQuery(query)) {
    const [name, value] = pair;
    if (isAmount(pair)) sealed.append(SEALED, `${name}.${seal(value)}`);
    else sealed.append(name, value);
  }
  return sealed;
}

/** The parameters with what is sealed among them opened. @throws FinanceDbError USAGE for what another run has sealed */
export function openedQuery(query: URLSearchParams): URLSearchParams {
  const opened = new URLSearchParams();
  for (const [name, value] of query) {
    if (name !== SEALED) opened.append(name, value);
    else if (!(SINGLE.includes(sealedName(value)) && query.has(sealedName(value))))
      opened.append(sealedName(value), open(value.slice(sealedName(value).length + 1)));
  }
  return opened;
}

function isAmount([name, value]: readonly [string, string]): boolean {
  return AMOUNTS.includes(name) && (name === 'q' ? /^\s*[-+\u2212]?\d[\d.,' ]*$/.test(value) : value !== '');
}

function seal(text: string): string {
  const iv = crypto.randomBytes(IV);
  const cipher = crypto.createCipheriv('aes-256-gcm', KEY, iv);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function open(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  try {
    const cipher = crypto.createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, IV));
    cipher.setAuthTag(bytes.subarray(IV, IV + TAG));
    return cipher.update(bytes.subarray(IV + TAG), undefined, 'utf8') + cipher.final('utf8');
  } catch (error) {
    throw new FinanceDbError('USAGE', 'sealed: an amount in this address was hidden by a server that has ended', {
      remedy: 'remove that filter, and give it again',
      cause: error,
    });
  }
}
