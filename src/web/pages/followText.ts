import { durationText } from '../../render/amount.ts';
import type { Following } from './frame.ts';

/** Whether PostgreSQL's changes come by themselves, and how far behind they are; null where nobody follows them. */
export function followText(note: Following | null): string | null {
  if (note === null) return null;
  if (note.state === 'waiting') return `follows PostgreSQL, waiting: ${note.why ?? 'not connected'}`;
  if (note.state === 'scanning') return 'follows PostgreSQL, comparing both sides';
  return note.lag_seconds === 0
    ? 'follows PostgreSQL, up to date'
    : `follows PostgreSQL, ${durationText(note.lag_seconds)} behind`;
}
