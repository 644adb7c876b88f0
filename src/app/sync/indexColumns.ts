import { FinanceDbError } from '../../errors/financeDbError.ts';
import { isSame } from './published.ts';
import type { SyncRequest, TableWork } from './syncRequest.ts';

/**
 * Columns that somebody named in FINANCE_DB_INDEXES, so that at least one table must have each. Not those that `--indexes`
 * stands for by itself, and none when only some of the tables are synced: another one may have the column.
 */
export function requiredIndexColumns({ config, tables }: SyncRequest): readonly string[] {
  const all = config.tables.every((table) => tables.some((asked) => isSame(table, asked)));
  return all ? config.indexes : [];
}

/**
 * A name that no table has is a slip of the pen; without a word nobody would notice that the index is not there.
 * @throws FinanceDbError CONFIG
 */
export function requireIndexColumns(request: SyncRequest, work: readonly TableWork[]): void {
  const columns = [...new Set(work.flatMap((table) => table.columns.map((column) => column.name)))];
  const unknown = requiredIndexColumns(request).filter((name) => !columns.includes(name));
  if (unknown.length === 0) return;
  const found = unknown.map((name) => JSON.stringify(name)).join(', ');
  throw new FinanceDbError('CONFIG', `FINANCE_DB_INDEXES: no table has a column ${found}`, {
    remedy: `name columns of the synced tables, which are ${columns.join(', ')}`,
    details: { columns: unknown },
  });
}
