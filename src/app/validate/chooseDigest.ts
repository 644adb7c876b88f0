import { randomBytes } from 'node:crypto';
import { makeRowHashFunction } from '../../duckdb/rowHash/rowHashFunction.ts';
import { md5Digest } from '../../model/canonicalRow.ts';
import type { RowDigest } from '../../model/rowDigest.ts';
import { hashedColumn } from '../../model/rowHash/hashedColumn.ts';
import { hashDigest } from '../../model/rowHash/rowHash.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { CheckContext } from './result.ts';

/**
 * How the rows of a table are digested: by PostgreSQL's hash functions, with seeds that nobody knows before; by md5 where
 * the server does not have them.
 * @returns what there is to say of it, or null
 */
export function chooseDigest(
  { copy, dialect }: Pick<CheckContext, 'copy' | 'dialect'>,
  columns: readonly ColumnMapping[],
): { digest: RowDigest; note: string | null } {
  if (dialect.hashObjection !== null)
    return {
      digest: md5Digest(columns, dialect),
      note: `rows were compared by md5, which takes the server three times as long: ${dialect.hashObjection}`,
    };
  const hashed = columns.map((column) => hashedColumn(column, dialect, () => randomBytes(8).readBigUInt64LE()));
  return { digest: hashDigest(hashed, makeRowHashFunction(copy.connection, hashed)), note: null };
}
