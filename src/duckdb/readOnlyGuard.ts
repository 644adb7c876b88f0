import { StatementType } from '@duckdb/node-api';
import { FinanceDbError, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { diskError } from './diskErrors.ts';
import { memoryError } from './memoryError.ts';
import { damageError } from './reader.ts';
import { leadingKeyword } from './statements.ts';

/**
 * What queries may be. The file is opened READ_ONLY and nothing else is within reach, so this list is a second fence
 * and gives the better message: temporary tables, views and macros, variables and transactions touch no file and are
 * allowed (a write to a table of the file is refused by DuckDB itself); PREPARE, CALL and PRAGMA can hide other things.
 */
const ALLOWED = new Set<StatementType>([
  StatementType.SELECT,
  StatementType.EXPLAIN,
  StatementType.CREATE,
  StatementType.CREATE_FUNC,
  StatementType.DROP,
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.SET,
  StatementType.VARIABLE_SET,
  StatementType.TRANSACTION,
  StatementType.RELATION,
  StatementType.LOGICAL_PLAN,
]);

/** @throws FinanceDbError QUERY_NOT_READ_ONLY for a statement that does other than read. */
export function requireReading(type: StatementType, text: string): void {
  if (ALLOWED.has(type)) return;
  const statement = leadingKeyword(text) || StatementType[type];
  throw new FinanceDbError('QUERY_NOT_READ_ONLY', `${statement} is not allowed: queries only read`, {
    details: { statement },
  });
}

/** What DuckDB says when a query tries to write, to reach another file, or to undo this. */
const REFUSALS: readonly { readonly pattern: RegExp; readonly why: string; readonly remedy?: string }[] = [
  { pattern: /attached in read-only mode|in read-only mode/i, why: 'the SQL tries to write' },
  {
    pattern: /file system operations are disabled/i,
    why: 'the SQL reaches for a file other than the database',
    remedy: 'queries read the DuckDB file only; to write a result to a file use -o FILE',
  },
  {
    pattern: /configuration has been locked/i,
    why: 'the SQL changes a setting',
    remedy: 'settings are fixed while a query runs; variables can be set with SET VARIABLE',
  },
  {
    pattern:
      /Loading external extensions is disabled|allow_unsigned_extensions|is not in the catalog, but it exists in the/i,
    why: 'the SQL needs an extension, and none may be loaded',
    remedy: 'use what DuckDB has built in',
  },
];

/**
 * The error of a failed query: DuckDB's own message, with its suggestion and the line and caret it points with.
 * @param line the line on which the statement begins, when it is one of several.
 */
export function queryError(error: unknown, path: string, line?: number): FinanceDbError {
  if (isFinanceDbError(error)) return error;
  const other = damageError(error, path) ?? diskError(error) ?? memoryError(error);
  if (other !== null) return other;
  const message = messageOf(error)
    .replace(/^Failed to (extract statements|prepare|execute[^:]*): /, '')
    .trim();
  const where = line === undefined ? '' : `in the statement of line ${line}: `;
  const refusal = REFUSALS.find(({ pattern }) => pattern.test(message));
  if (refusal !== undefined)
    return new FinanceDbError('QUERY_NOT_READ_ONLY', `${where}${refusal.why}\n${message}`, {
      cause: error,
      ...(refusal.remedy === undefined ? {} : { remedy: refusal.remedy }),
    });
  return new FinanceDbError('QUERY_FAILED', where + message, { cause: error });
}
