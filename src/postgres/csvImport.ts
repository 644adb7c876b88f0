import fs from 'node:fs';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { badRow, type ImportPlan, planImport, shown } from '../model/importPlan.ts';
import type { TableName } from '../model/tableName.ts';
import { type CsvBlock, type CsvFile, readCsv } from './csvBlocks.ts';
import { loadRows } from './partitions/load.ts';
import type { PgSession } from './session.ts';

export interface CsvImport {
  readonly rows: number;
  /** What columns that the file does not have were filled with, in words. */
  readonly defaulted: readonly string[];
  /** Rows in other currencies that have no normalized_amount, so that reports cannot count them. */
  readonly notNormalized: number;
}

export interface ImportOptions {
  readonly baseCurrency: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: { rows: number; bytes: number; totalBytes: number }) => void;
}

/**
 * Loads a CSV file into the table through COPY, within the caller's transaction, which the caller rolls back when this
 * throws.
 * @throws FinanceDbError BAD_INPUT naming file, line, column and value of the first row that cannot be stored exactly;
 *   FILE_UNREADABLE
 */
export async function importCsv(
  session: PgSession,
  table: TableName,
  file: CsvFile,
  options: ImportOptions,
): Promise<CsvImport> {
  const plan = await readPlan(file, options.baseCurrency);
  const totalBytes = (await fs.promises.stat(file.path)).size;
  let bytes = 0;
  const rows = planRows(file, plan, (read) => {
    bytes = read;
  });
  const onRows = (count: number): void => options.onProgress?.({ rows: count, bytes, totalBytes });
  try {
    const count = await loadRows(session, table, plan.columns, rows, { signal: options.signal, onRows });
    return { rows: count, defaulted: plan.defaulted, notNormalized: plan.notNormalized() };
  } catch (error) {
    throw (await refusedRow(error, file, plan)) ?? error;
  }
}

/**
 * Reads the header.
 * @throws FinanceDbError BAD_INPUT when it is not one of our tables; FILE_UNREADABLE
 */
export async function readPlan(file: CsvFile, baseCurrency: string): Promise<ImportPlan> {
  for await (const { records, badUtf8Line } of readCsv(file)) {
    for (const header of records) {
      if (badUtf8Line !== null && badUtf8Line <= header.endLine)
        throw badRow(file.name, badUtf8Line, 'the header is not UTF-8 text (convert the file with `iconv -t UTF-8`)');
      return planImport(file.name, header, baseCurrency);
    }
  }
  throw new FinanceDbError('BAD_INPUT', `${file.name}:1: the file is empty; its first line must name the columns`, {
    remedy: 'give a file with a header',
  });
}

async function* planRows(
  file: CsvFile,
  plan: ImportPlan,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Iterable<readonly (string | null)[]>, void, undefined> {
  let headerSeen = false;
  const toRows = function* (block: CsvBlock): Generator<readonly (string | null)[], void, undefined> {
    for (const record of block.records) {
      if (headerSeen) yield plan.toRow(record, block.badUtf8Line);
      headerSeen = true;
    }
  };
  for await (const block of readCsv(file)) {
    onBytes(block.bytesRead);
    yield toRows(block);
  }
}

const UNIQUE_VIOLATION = '23505';

/**
 * What we could not see ourselves, such as a key that is already there, is refused by the server, which says the number
 * of the row. The file is read once more to find that row's line: so the keys need not be held in memory.
 */
async function refusedRow(error: unknown, file: CsvFile, plan: ImportPlan): Promise<FinanceDbError | null> {
  if (!isFinanceDbError(error)) return null;
  const { cause, details } = error;
  // A partitioned table has been looked through by ourselves.
  if (typeof details['record'] === 'number')
    return twice(file, plan, await recordNumber(file, plan, details['record']));
  // Only errors of data and constraints, not those of the server such as a full disk.
  if (!/^(?:22|23|P0)/.test(codeOf(cause) ?? '')) return null;
  // `COPY transactions, line 12` in any language.
  const where = typeof cause === 'object' && cause !== null && 'where' in cause ? String(cause.where) : '';
  const number = Number(/^COPY .*?, \D*(\d+)/.exec(where)?.[1] ?? 0);
  if (number === 0) return null;
  const refused = await recordNumber(file, plan, number);
  if (refused === null) return null;
  if (codeOf(cause) === UNIQUE_VIOLATION) return twice(file, plan, refused);
  return badRow(file.name, refused.line, `PostgreSQL refused the row: ${messageOf(cause)}`, { key: refused.key });
}

interface RefusedRecord {
  readonly line: number;
  readonly key: string;
}

/** A record whose tx_id is in the table, or in the file before it. */
async function twice(file: CsvFile, plan: ImportPlan, refused: RefusedRecord | null): Promise<FinanceDbError | null> {
  if (refused === null) return null;
  const { line, key } = refused;
  const earlier = await firstLineOf(file, plan, key, line);
  const reason = earlier === null ? 'it is already in the table' : `it is already in line ${earlier}`;
  return badRow(file.name, line, `column "tx_id": found ${shown(key)}: ${reason}, and each tx_id may occur once`, {
    column: 'tx_id',
    value: key,
    ...(earlier === null ? {} : { firstLine: earlier }),
  });
}

/** Line and key of a record, counted from 1 after the header. */
async function recordNumber(file: CsvFile, plan: ImportPlan, number: number): Promise<RefusedRecord | null> {
  let count = -1;
  for await (const { records } of readCsv(file)) {
    for (const record of records) {
      count++;
      if (count === number) return { line: record.line, key: record.fields[plan.keyField] ?? '' };
    }
  }
  return null;
}

/** The first line before `line` whose record has that key, or null. */
async function firstLineOf(file: CsvFile, plan: ImportPlan, key: string, line: number): Promise<number | null> {
  for await (const { records } of readCsv(file)) {
    for (const record of records) {
      if (record.line >= line) return null;
      if (record.fields[plan.keyField] === key) return record.line;
    }
  }
  return null;
}
