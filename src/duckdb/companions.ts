import fs from 'node:fs';
import { isFinanceDbError } from '../errors/financeDbError.ts';
import { openReader } from './reader.ts';

/*
 * A DuckDB database is its file and what lies beside it: whoever opens it for writing leaves changes in FILE.wal until they
 * are checkpointed, and for ever when killed before. A log fits one file only: beside another one nobody can open that.
 */

/** Beside a database: its log, in the three names that a checkpoint knows, and the folder of temporary files. */
const COMPANIONS = ['.wal', '.wal.checkpoint', '.wal.recovery', '.tmp'] as const;

/** Whether changes that are not in the file itself lie beside it. */
export function hasLog(file: string): boolean {
  return COMPANIONS.some((end) => end !== '.tmp' && fs.existsSync(file + end));
}

/** Gives what lies beside `file` to `other`, which is another name of the same file. */
export function moveCompanions(file: string, other: string): void {
  for (const end of COMPANIONS) if (fs.existsSync(file + end)) fs.renameSync(file + end, other + end);
}

/**
 * Makes sure that no other program has the file open for writing: it would go on to write a log for a file that is no longer
 * there. Readers do not matter. A missing or damaged file has no writer.
 * @throws FinanceDbError DUCKDB_LOCKED naming the program
 */
export async function requireNoWriter(file: string): Promise<void> {
  try {
    (await openReader(file)).close();
  } catch (error) {
    if (isFinanceDbError(error) && error.code === 'DUCKDB_LOCKED') throw error;
  }
}
