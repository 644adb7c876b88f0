import { FinanceDbError, isFinanceDbError } from '../errors/financeDbError.ts';
import { quoteIdentifier } from '../model/identifier.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { columnValue, fileColumn, readCopyText } from './copyText.ts';
import type { Spool, SpoolFile } from './spool.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** Where rows go, and how to name one that is refused. */
export interface LoadTarget {
  /** Quoted name of the DuckDB table, which the columns may follow in parentheses. */
  readonly into: string;
  /** The table's name for messages. */
  readonly displayName: string;
  readonly columns: readonly ColumnMapping[];
  readonly key: readonly string[] | null;
  /** SQL of what is inserted, made from the SQL of the columns' values; the values themselves when left out. */
  readonly project?: (values: readonly string[]) => string;
  /** Another table that is made from the same rows. */
  readonly also?: Required<Pick<LoadTarget, 'into' | 'project'>>;
}

/** Inserting a few large batches keeps DuckDB's row groups full. */
const BATCH_BYTES = 256 << 20;

/** The definition of the table in DuckDB. Keys and indexes are left out on purpose (docs/performance.md). */
export function createTableSql(name: string, columns: readonly ColumnMapping[]): string {
  return `CREATE TABLE ${name} ${definitionsOf(columns)}`;
}

/** A temporary table of the same columns. */
export function createStagingSql(name: string, columns: readonly ColumnMapping[]): string {
  return `CREATE TEMP TABLE ${name} ${definitionsOf(columns)}`;
}

function definitionsOf(columns: readonly ColumnMapping[]): string {
  const definitions = columns.map(
    (column) => `${quoteIdentifier(column.name)} ${column.duckdbType}${column.notNull ? ' NOT NULL' : ''}`,
  );
  return `(${definitions.join(', ')})`;
}

/**
 * COPY's SELECT list. A table of one column gets a second, empty one: DuckDB's reader drops empty lines, and a row whose
 * only value is the empty string would be one.
 */
export function copyColumns(columns: readonly ColumnMapping[]): string {
  const list = columns.map((column) => column.copyExpression);
  return (list.length === 1 ? [...list, "''"] : list).join(', ');
}

/**
 * Inserts what arrives in the spool until it ends.
 * @returns how many rows
 * @throws FinanceDbError VALUE_REFUSED naming table, column, key and value when DuckDB cannot hold a value exactly.
 */
export async function loadFromSpool(
  copy: WorkingCopy,
  spool: Spool,
  target: LoadTarget,
  onBatch?: (bytes: number) => void,
): Promise<number> {
  for (let rows = 0; ; ) {
    const files = await spool.take(BATCH_BYTES);
    if (files === null) return rows;
    if (files.length === 0) continue;
    rows += await insertFiles(copy, files, spool.longestRow, target);
    onBatch?.(files.reduce((sum, file) => sum + file.bytes, 0));
    spool.discard(files);
  }
}

async function insertFiles(
  copy: WorkingCopy,
  files: readonly SpoolFile[],
  longestRow: number,
  target: LoadTarget,
): Promise<number> {
  return withFiles(copy, files, longestRow, target, async (values, rows) => {
    const inserted = await copy.all<{ Count: string }>(
      `INSERT INTO ${target.into} SELECT ${target.project?.(values) ?? values.join(', ')} FROM ${rows}`,
    );
    if (target.also !== undefined)
      await copy.run(`INSERT INTO ${target.also.into} SELECT ${target.also.project(values)} FROM ${rows}`);
    return Number(inserted[0]?.Count ?? -1);
  });
}

/** How to name a value of some files that is refused. */
export type FileTarget = Pick<LoadTarget, 'displayName' | 'columns' | 'key'>;

/**
 * Does something with what is in files of rows, without loading it into a table first.
 * @param work gets the SQL of the columns' values, and of the rows that have them
 * @throws FinanceDbError VALUE_REFUSED when DuckDB cannot hold a value exactly
 */
export async function withFiles<T>(
  copy: WorkingCopy,
  files: readonly SpoolFile[],
  longestRow: number,
  target: FileTarget,
  work: (values: readonly string[], rows: string) => Promise<T>,
): Promise<T> {
  const { columns } = target;
  const rows = readCopyText(
    files.map((file) => file.path),
    Math.max(columns.length, 2),
    longestRow,
  );
  const escapes = files.some((file) => file.escapes);
  try {
    return await work(
      columns.map((column, index) => columnValue(column, index, escapes)),
      rows,
    );
  } catch (error) {
    if (isFinanceDbError(error) && error.code === 'INTERNAL') throw (await findRefused(copy, rows, target)) ?? error;
    throw error;
  }
}

/** Looks for the first value that does not convert. The failed insert has ended the transaction, so this may read freely. */
async function findRefused(copy: WorkingCopy, rows: string, target: FileTarget): Promise<FinanceDbError | null> {
  await copy.run('ROLLBACK').catch(() => undefined);
  const { columns, key } = target;
  const keyColumns = (key ?? []).map((name) => fileColumn(columns.findIndex((column) => column.name === name)));
  for (const [index, column] of columns.entries()) {
    const text = fileColumn(index);
    const found = await copy
      .all<{ value: string; key: string[] }>(
        `SELECT ${text} AS value, [${keyColumns.join(', ')}]::VARCHAR[] AS key FROM ${rows} WHERE ${text} IS NOT NULL AND TRY(${columnValue(column, index, true)}) IS NULL LIMIT 1`,
      )
      .catch(() => []);
    const [row] = found;
    if (row !== undefined) return refused(target, column, row.value, row.key);
  }
  return null;
}

function refused(target: FileTarget, column: ColumnMapping, value: string, key: readonly string[]): FinanceDbError {
  const keyText =
    target.key === null
      ? 'a row (the table has no key)'
      : `key ${target.key.map((name, i) => `${name}=${key[i]}`).join(', ')}`;
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new FinanceDbError(
    'VALUE_REFUSED',
    `${target.displayName}.${column.name}, ${keyText}: ${column.duckdbType} of DuckDB cannot hold ${shown} (${column.postgresType}) exactly`,
    {
      details: {
        table: target.displayName,
        column: column.name,
        key: [...key],
        value: shown,
        type: column.postgresType,
      },
    },
  );
}
