import crypto from 'node:crypto';
import { localDay } from '../../app/stats/statsFlags.ts';
import { VERSION } from '../../version.ts';
import type { Services } from './services.ts';
import type { Visit } from './visit.ts';

/**
 * The tag of an answer: the same snapshot gives the same answer to the same request, on the same day (relative words), by
 * the same version. Weak, since compression makes other bytes of it.
 * @param more what else the answer depends on
 * @returns null where there is no snapshot
 */
export function tagOf(visit: Visit, { options }: Services, snapshot: string | null, more = ''): string | null {
  if (snapshot === null) return null;
  const day = options.config.today ?? localDay(options.now());
  const parts = [snapshot, VERSION, day, visit.req.url, more];
  return `W/"${crypto.createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22)}"`;
}

/** Whether the visitor has that answer already. */
export function notModified(visit: Visit, tag: string): boolean {
  const known = visit.req.header('if-none-match');
  if (known === undefined) return false;
  const strong = (text: string): string => text.trim().replace(/^W\//, '');
  return known.split(',').some((one) => one.trim() === '*' || strong(one) === strong(tag));
}
