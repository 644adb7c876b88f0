import { ERROR_CODES, type ErrorCode } from '../errors/codes.ts';
import type { Status } from './status.ts';

/** What a monitor is told: one word, one sentence, one exit code. */
export interface StatusCheck {
  readonly state: 'fresh' | 'stale' | 'unreachable' | 'missing' | 'unreadable' | 'damaged' | 'other source';
  readonly reason: string;
  readonly exit: number;
}

/**
 * Judges a status, worst first: what is wrong with the file itself, then with its data, then with PostgreSQL, then with
 * its age. A file that no transaction has happened since is fresh however old it is.
 * @param names the tables that syncs are about; others stay in a file as they were last synced
 * @param maxAgeSeconds how long ago the last sync or check may be
 */
export function checkStatus(status: Status, names: readonly string[], now: Date, maxAgeSeconds: number): StatusCheck {
  const { duckdb, postgres } = status;
  const tables = status.tables.filter(({ table }) => names.includes(table));
  if (!duckdb.exists) return verdict('missing', 'DUCKDB_MISSING', `there is no file at ${duckdb.path}`);
  if (duckdb.problem !== null) return verdict('unreadable', 'DUCKDB_UNREADABLE', duckdb.problem);
  if (duckdb.sample)
    return verdict('missing', 'DUCKDB_MISSING', 'nothing was synced yet: the file holds the built-in sample');
  if (tables.length < names.length) {
    const missing = names.filter((name) => !tables.some(({ table }) => table === name));
    return verdict('missing', 'DUCKDB_MISSING', `never synced: ${missing.join(', ')}`);
  }
  if (status.lastValidation?.['outcome'] === 'damaged')
    return verdict(
      'damaged',
      'DAMAGED',
      `the last validation, at ${String(status.lastValidation['validated_at'])}, found damage`,
    );
  if (duckdb.otherSource)
    return verdict('other source', 'OTHER_SOURCE', 'the file belongs to another database than the one that answers');
  if (!postgres.reachable)
    return verdict('unreachable', 'PG_UNREACHABLE', postgres.problem ?? 'PostgreSQL does not answer');
  const age = ageOf(tables, duckdb.checkedAt, now);
  if (tables.every(({ behind }) => behind === false))
    return { state: 'fresh', reason: 'no transaction since the last sync', exit: 0 };
  if (age > maxAgeSeconds)
    return verdict('stale', 'STALE', `last synced ${whole(age)} s ago, more than ${whole(maxAgeSeconds)} s`);
  return { state: 'fresh', reason: `last synced ${whole(age)} s ago`, exit: 0 };
}

/** Seconds since the table was synced whose last sync is the longest ago, or since a sync found nothing to do. */
function ageOf(tables: Status['tables'], checkedAt: Date | null, now: Date): number {
  const oldest = Math.min(...tables.map(({ syncedAt }) => Date.parse(syncedAt)));
  return Math.max(0, (now.getTime() - Math.max(oldest, checkedAt?.getTime() ?? 0)) / 1000);
}

function verdict(state: StatusCheck['state'], code: ErrorCode, reason: string): StatusCheck {
  return { state, reason, exit: ERROR_CODES[code].exit };
}

function whole(seconds: number): number {
  return Math.round(seconds);
}
