import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { beginSnapshot } from '../../postgres/pinned.ts';
import type { PgServer } from '../../postgres/server.ts';

/** "character_not_in_repertoire": the server found bytes that are no text. */
const NOT_TEXT = '22021';

/** A character of UTF-8 in hexadecimal digits (RFC 3629): nothing overlong, no surrogates, nothing beyond U+10FFFF. */
const CHARACTER = [
  '[0-7].',
  '(c[2-9a-f]|d.)[89ab].',
  'e0[ab].[89ab].',
  '(e[1-9a-cef])[89ab].[89ab].',
  'ed[89].[89ab].',
  'f0[9ab].[89ab].[89ab].',
  'f[1-3][89ab].[89ab].[89ab].',
  'f48.[89ab].[89ab].',
].join('|');

/**
 * A database of encoding SQL_ASCII may hold anything, and its server says which bytes are no text, but not where they are.
 * This looks for them: a scan of the table, in a session of its own, since the failed one is of no use any more.
 * @returns the error with table, column and key; the one given when it is another one, or when the row is not found
 */
export async function nameBadText(
  error: unknown,
  server: PgServer,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): Promise<unknown> {
  if (!isFinanceDbError(error) || error.details.sqlstate !== NOT_TEXT) return error;
  const session = await server.connect().catch(() => null);
  if (session === null) return error;
  // A look that fails ends its transaction: each begins anew.
  const begin = `ROLLBACK; ${beginSnapshot(session)}`;
  const key = source.key ?? [];
  for (const { name } of columns.filter((column) => column.mayBeEscaped)) {
    const list = [name, ...key].map((column, index) => `${digitsOf(column)} AS c${index}`);
    const [row] = await session
      .query(
        `${begin}; SELECT ${list.join(', ')} FROM ${rowsOf(source)} WHERE ${digitsOf(name)} !~ '^(${CHARACTER})*$' LIMIT 1`,
      )
      .catch(() => []);
    if (row === undefined) continue;
    const table = displayName(source.table);
    const value = readable(row.c0).slice(0, 60);
    const values = key.map((_, index) => readable(row[`c${index + 1}`]));
    const place =
      key.length === 0
        ? 'a row (the table has no key)'
        : `key ${key.map((column, index) => `${column}=${values[index]}`).join(', ')}`;
    return new FinanceDbError('VALUE_REFUSED', `${table}.${name}, ${place}: ${JSON.stringify(value)} is not UTF-8`, {
      cause: error,
      details: { ...error.details, table, column: name, key: values, value },
    });
  }
  return error;
}

/** SQL of a value's bytes as they are, which a session of UTF-8 can read. */
function digitsOf(column: string): string {
  return `encode(convert_to(${quoteIdentifier(column)}::text, 'SQL_ASCII'), 'hex')`;
}

/** The bytes as text; what is none becomes U+FFFD. */
function readable(digits: string | null | undefined): string {
  return Buffer.from(digits ?? '', 'hex').toString('utf8');
}
