import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../../errors/codes.ts';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { jsonText } from '../../render/json.ts';

/** What HTTP calls our errors; those not named here are failures of the server (500). */
const STATUS: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  CONFIG: 400,
  QUERY_EMPTY: 400,
  QUERY_FAILED: 400,
  QUERY_NOT_READ_ONLY: 403,
  QUERY_TOO_LARGE: 422,
  QUERY_TIMEOUT: 504,
  WEB_NOT_FOUND: 404,
  WEB_METHOD: 405,
  WEB_REFUSED: 403,
  WEB_TOKEN: 401,
  WEB_TOO_LARGE: 413,
  WEB_BUSY: 503,
  SYNC_LOCKED: 409,
  DUCKDB_MISSING: 503,
  DUCKDB_LOCKED: 503,
  DUCKDB_MEMORY: 503,
  DISK_FULL: 507,
  TERMINATED: 503,
  INTERRUPTED: 503,
};

/** An error as HTTP has it. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: FinanceDbError;
}

/** Seconds after which it is worth to ask again. */
const RETRY_AFTER = '2';

export function problemOf(thrown: unknown): Problem {
  const error = isFinanceDbError(thrown) ? thrown : unknownError(thrown);
  const status = STATUS[error.code] ?? 500;
  return {
    status,
    error,
    headers: {
      ...(status === 503 ? { 'Retry-After': RETRY_AFTER } : {}),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer realm="finance-db"' } : {}),
    },
  };
}

/** RFC 9457, with our code and remedy. */
export function problemText({ status, error }: Problem): string {
  return `${jsonText({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    remedy: error.remedy,
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  })}\n`;
}

/** Something of ours went wrong: what it says may name files, and is for the log. */
function unknownError(thrown: unknown): FinanceDbError {
  if (codeOf(thrown) === 'ENOSPC') return new FinanceDbError('DISK_FULL', messageOf(thrown), { cause: thrown });
  return new FinanceDbError('INTERNAL', 'something went wrong in finance-db', {
    remedy: 'its log says what',
    cause: thrown,
  });
}
