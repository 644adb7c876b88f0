import type { PublishedFile } from '../../duckdb/fileState.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { displayName } from '../../model/tableName.ts';
import { damageOf } from './published.ts';
import type { SyncRequest } from './syncRequest.ts';
import type { Planned } from './writeTables.ts';

/** How a sync is done. */
export interface Way {
  readonly request: SyncRequest;
  /** What is published now. */
  readonly file: PublishedFile;
  /** What somebody should know of why it is done so. */
  readonly warnings: readonly string[];
}

/** In the details of an error: which tables were being brought up to date by their changes, and whether by blocks. */
interface Lack {
  readonly byBlocks: boolean;
  readonly tables: readonly string[];
}
const LACK = 'lack';

const SCANNED =
  'DuckDB had too little memory to note where the rows lie, so that tables were read as a whole; allow it more with --memory';
const LOADED =
  'DuckDB had too little memory to apply what changed, so that tables were loaded anew; allow it more with --memory';

/** The error of a sync; one for want of memory tells what was done that needs more of it than a full load. */
export function markLack(error: unknown, { work, looks }: Pick<Planned, 'work' | 'looks'>): unknown {
  if (!isFinanceDbError(error) || error.code !== 'DUCKDB_MEMORY') return error;
  const changed = work.filter(({ plan }) => plan.mode === 'incremental');
  if (changed.length === 0) return error;
  const lack: Lack = {
    byBlocks: changed.some(({ plan }) => looks.of(plan.source.oid).blocks !== null),
    tables: changed.map(({ plan }) => displayName(plan.source.table)),
  };
  return new FinanceDbError(error.code, error.message, {
    ...{ remedy: error.remedy, cause: error },
    details: { ...error.details, [LACK]: lack },
  });
}

/**
 * In which other way a sync may succeed that failed: one of a file that is damaged without it, one that lacked memory by a scan instead
 * of changed blocks, and at last by loading anew what changed, whose memory does not grow with the table. Null when no way is left.
 */
export function otherWay({ request, file, warnings }: Way, error: unknown): Way | null {
  const damage = damageOf(error, file);
  if (damage !== null) return { request, file: damage, warnings };
  const lack = isFinanceDbError(error) ? (error.details[LACK] as Lack | undefined) : undefined;
  if (lack === undefined) return null;
  if (lack.byBlocks)
    return {
      request: { ...request, places: { from: Number.POSITIVE_INFINITY } },
      file,
      warnings: [...warnings, SCANNED],
    };
  const fullTables = new Set([...(request.fullTables ?? []), ...lack.tables]);
  const why = 'its changes need more memory than DuckDB may use';
  return { request: { ...request, fullTables, fullBecause: why }, file, warnings: [...warnings, LOADED] };
}
