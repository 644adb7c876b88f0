import type { IncomingHttpHeaders } from 'node:http';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type HostRules, requireOwnHost, visitedOrigin } from './hosts.ts';

/** A request as it came, before anything was made of it. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The values of each header, which `headers` has the first of. */
  readonly headersDistinct: NodeJS.Dict<string[]>;
}

const READING = ['GET', 'HEAD', 'OPTIONS'];
const LONGEST_URL = 8192;

/**
 * What every request has to pass before it is looked at further.
 * @throws FinanceDbError WEB_REFUSED, WEB_NOT_FOUND, WEB_TOO_LARGE, USAGE
 */
export function requireDecentRequest(request: RawRequest, rules: HostRules): void {
  if ((request.headersDistinct['host']?.length ?? 0) > 1)
    throw new FinanceDbError('WEB_REFUSED', 'the request names two hosts');
  requireOwnHost(request.headers, rules);
  requirePlainPath(request.url ?? '');
  if (READING.includes(request.method ?? '')) requireOwnReader(request.headers);
  else requireOwnWriter(request.headers, rules);
}

/** Paths are looked up in a table, never in a file system; what has tricks in it is in no table, and told apart here. */
function requirePlainPath(url: string): void {
  if (url.length > LONGEST_URL) throw new FinanceDbError('WEB_TOO_LARGE', 'the address is too long');
  // SQL would end there.
  if (/%00/.test(url))
    throw new FinanceDbError('USAGE', 'a text with the character NUL in it', { remedy: 'leave it out' });
  const path = url.split('?')[0] ?? '';
  const plain = /^\/(?!\/)[^\\\0-\x20\x7f#]*$/.test(path) && !/\/\/|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path);
  if (!plain) throw new FinanceDbError('WEB_NOT_FOUND', 'there is no such page');
}

/** A page elsewhere may link to us, but neither load us into itself nor let its visitors' browsers work for it. */
function requireOwnReader(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  if (site !== 'cross-site' && site !== 'same-site') return;
  if (headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document') return;
  throw new FinanceDbError('WEB_REFUSED', 'a page of another site asked');
}

/**
 * What changes something must come from a page of ours, by both marks of browsers where both are there; or from a
 * program, which has neither and says that it sends JSON: no page elsewhere can do that without asking first.
 */
function requireOwnWriter(headers: IncomingHttpHeaders, rules: HostRules): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const sameSite = site === undefined || site === 'same-origin';
  const sameOrigin = origin === undefined || origin.toLowerCase() === visitedOrigin(headers, rules);
  if (sameSite && sameOrigin && (site !== undefined || origin !== undefined)) return;
  if (site === undefined && origin === undefined && isForPrograms(headers)) return;
  throw new FinanceDbError('WEB_REFUSED', 'this request did not come from a page of finance-db', {
    remedy: 'a program says Content-Type: application/json, and sends neither Origin nor Sec-Fetch-Site',
  });
}

function isForPrograms(headers: IncomingHttpHeaders): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '') || headers.authorization !== undefined;
}

/** What browsers are told with every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
