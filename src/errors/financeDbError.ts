import { ERROR_CODES, type ErrorCode } from './codes.ts';

export interface ErrorOptions {
  /** What to do next; the code's own advice when left out. */
  readonly remedy?: string;
  /** Where it happened, for programs (table, column, key, file, line, expected, found …). Never a password. */
  readonly details?: Record<string, unknown>;
  readonly cause?: unknown;
}

/** A failure that the tool understands: a code for programs, a sentence for people, and what to do next. */
export class FinanceDbError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FinanceDbError';
    this.code = code;
    this.remedy = options.remedy ?? ERROR_CODES[code].remedy;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** True for our own errors, also across module realms (jest loads native modules in another one). */
export function isFinanceDbError(error: unknown): error is FinanceDbError {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'FinanceDbError';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/** The `code` of a system or driver error ('ENOSPC', '28P01', …), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}
