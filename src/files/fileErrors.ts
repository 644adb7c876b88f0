import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';

const UNWRITABLE = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EIO'],
  ...['EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ENOTSUP'],
]);

/** Errors of the file system, as ours. */
export function mapFileError(error: unknown, target: string): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FinanceDbError('DISK_FULL', `no space left beside ${target}: ${messageOf(error)}`, { cause: error });
  // Folders are made before they are written to.
  if (code === 'ENOENT')
    return new FinanceDbError(
      'DUCKDB_NOT_WRITABLE',
      `something beside ${target} was removed meanwhile: ${messageOf(error)}`,
      {
        remedy: 'run the command again, and let nothing remove its files while it runs; nothing was published',
        cause: error,
      },
    );
  if (code !== undefined && UNWRITABLE.has(code))
    return new FinanceDbError('DUCKDB_NOT_WRITABLE', `cannot write beside ${target}: ${messageOf(error)}`, {
      cause: error,
    });
  return error;
}
