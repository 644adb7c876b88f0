import fs from 'node:fs';
import { isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import type { TableState } from '../model/syncPlan.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { FreshSize } from './compact.ts';
import { openReader } from './reader.ts';
import { READ_STATE_SQL, STATE_FORMAT, type StoredRow, toTableState } from './syncState.ts';

/** What is at the place of the published file. */
export type PublishedFile =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'ours';
      readonly sample: boolean;
      readonly tables: readonly TableState[];
      readonly bytes: number;
      readonly fresh: FreshSize;
    }
  /** Damaged, of a newer DuckDB, not DuckDB, or a DuckDB file that this tool did not write. */
  | { readonly kind: 'unusable'; readonly why: string };

/**
 * Looks at the published file.
 * @throws FinanceDbError DUCKDB_LOCKED when another program has it open for writing.
 */
export async function readPublishedFile(path: string): Promise<PublishedFile> {
  try {
    const reader = await openReader(path);
    try {
      const about = await reader.all<{ name: string; value: string }>(`SELECT name, value FROM ${STATE_SCHEMA}.about`);
      const value = (name: string): string | undefined => about.find((row) => row.name === name)?.value;
      if (value('format') !== STATE_FORMAT)
        return { kind: 'unusable', why: `it is of format ${value('format')}, not ${STATE_FORMAT}` };
      const rows = await reader.all<StoredRow>(READ_STATE_SQL);
      const tables = rows.map((row) => toTableState(row, value('deletes')));
      const bytes = fs.statSync(path).size;
      // A file that does not say is one that was just written from nothing.
      const fresh = {
        bytes: Number(value('fresh_bytes') ?? bytes),
        rows: BigInt(value('fresh_rows') ?? tables.reduce((sum, table) => sum + table.rows, 0n)),
      };
      return { kind: 'ours', sample: value('sample') === 'true', tables, bytes, fresh };
    } finally {
      reader.close();
    }
  } catch (error) {
    if (isFinanceDbError(error)) {
      if (error.code === 'DUCKDB_MISSING') return { kind: 'missing' };
      // What is no file of ours to begin with (a folder, something that may not be read) must not be moved out of the way.
      if (error.code === 'DUCKDB_UNREADABLE' && isReadableFile(path)) return { kind: 'unusable', why: error.message };
      throw error;
    }
    // The file opens, but has not our tables.
    return { kind: 'unusable', why: `finance-db did not write it (${messageOf(error).split('\n')[0]})` };
  }
}

function isReadableFile(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}
