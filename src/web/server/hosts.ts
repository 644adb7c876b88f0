import net from 'node:net';
import { FinanceDbError } from '../../errors/financeDbError.ts';

/** Whom a server answers as. */
export interface HostRules {
  /** The address that it was told to listen at; null for this machine alone. */
  readonly host: string | null;
  readonly allowedHosts: readonly string[];
  readonly trustProxy: boolean;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The scheme and host that a visitor typed, as browsers write an origin: `http://localhost:8501`. */
export function visitedOrigin(headers: Headers, rules: HostRules): string {
  const scheme = rules.trustProxy && single(headers['x-forwarded-proto'])?.split(',')[0]?.trim() === 'https';
  return `${scheme ? 'https' : 'http'}://${visitedHost(headers, rules) ?? ''}`.toLowerCase();
}

/**
 * Refuses a request for another name than ours: a page elsewhere can point its own name at this machine, and then its
 * requests look like ours in everything but the Host header. An address cannot be pointed anywhere.
 * @throws FinanceDbError WEB_REFUSED
 */
export function requireOwnHost(headers: Headers, rules: HostRules): void {
  const host = visitedHost(headers, rules);
  const name = host === undefined ? null : hostName(host);
  if (name !== null && isOurs(name, rules)) return;
  throw new FinanceDbError('WEB_REFUSED', `this server is not ${JSON.stringify((host ?? '').slice(0, 100))}`, {
    remedy: 'ask for localhost, or start it with --allow-host NAME',
    details: { host: host?.slice(0, 100) ?? null },
  });
}

/** Whether an address is of this machine alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (net.isIPv4(address) && address.startsWith('127.'));
}

function visitedHost(headers: Headers, { trustProxy }: HostRules): string | undefined {
  const forwarded = trustProxy ? single(headers['x-forwarded-host']) : undefined;
  // A chain of proxies lists what each was asked for; the first is what the visitor typed.
  return forwarded?.split(',')[0]?.trim() ?? single(headers['host']);
}

/** `localhost`, `127.0.0.1`, `::1` of `localhost:8501`, `[::1]:8501`; null for what is no host. */
function hostName(host: string): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  const name = bracketed ?? plain?.replace(/\.$/, '');
  if (name === undefined || (bracketed !== undefined && !net.isIPv6(bracketed))) return null;
  return name.toLowerCase();
}

function isOurs(name: string, { host, allowedHosts }: HostRules): boolean {
  if (isLoopback(name) || allowedHosts.includes(name)) return true;
  if (host === null) return false;
  // Listening everywhere, it may be asked for by any address of this machine.
  return name === host.toLowerCase() || (isEverywhere(host) && net.isIP(name) !== 0);
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
