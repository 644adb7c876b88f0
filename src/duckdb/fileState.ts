import fs from 'node:fs';
import { FinanceDbError, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import type { FileSource } from '../model/fileSource.ts';
import { type MonthRecord, type MonthsDocument, stateName } from '../model/monthRecord.ts';
import type { SampleTable } from '../model/sampleRows.ts';
import type { TableState } from '../model/syncPlan.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { CheckpointMark } from '../model/walSummaries.ts';
import { type StoredBaseCurrency, storedBaseCurrency } from './baseCurrencyState.ts';
import type { FreshSize } from './compact.ts';
import { toFollowState } from './followState.ts';
import { isDamagedOwn } from './ownFile.ts';
import { type DuckDbReader, openReader } from './reader.ts';
import { toSampleTables } from './sampleTables.ts';
import {
  MONTHS,
  type PartsDocument,
  readAbout,
  readStateSql,
  STATE_FORMAT,
  type StoredRow,
  toFileSource,
  toMarks,
  toTableState,
} from './syncState.ts';
import { MOVED } from './timeOrder.ts';

/** What is at the place of the published file. */
export type PublishedFile =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'ours';
      /** The built-in sample, put there when no PostgreSQL could be reached. */
      readonly sample: boolean;
      /** Null in the built-in sample. */
      readonly source: FileSource | null;
      readonly baseCurrency: StoredBaseCurrency | null;
      readonly sampleTables: readonly SampleTable[];
      readonly tables: readonly TableState[];
      readonly bytes: number;
      readonly fresh: FreshSize;
      /** Rows that came to tables divided by time since these lay in its order. */
      readonly moved: bigint;
      /** Checkpoints of the source, older first. */
      readonly marks: readonly CheckpointMark[];
      /** By the oid of a table: the name of its state, and since when which month of it is as it is. */
      readonly months: ReadonlyMap<string, KnownMonths>;
      /** As of which position of the stream a follower published it; null for a file that a scan has written. */
      readonly followed: ReturnType<typeof toFollowState>;
    }
  /** Ours, but damaged, or of a newer DuckDB. */
  | { readonly kind: 'unusable'; readonly why: string }
  /** Somebody else's: a DuckDB file that this tool did not write, or no DuckDB file. */
  | { readonly kind: 'foreign'; readonly what: string };

export interface KnownMonths {
  readonly state: string;
  /** Null when none was kept up to this state. */
  readonly record: MonthRecord | null;
}

/**
 * Looks at the published file.
 * @param path where it can be read
 * @param place where it lies, when that is not `path`
 * @throws FinanceDbError DUCKDB_LOCKED when another program has it open for writing.
 */
export async function readPublishedFile(path: string, place = path): Promise<PublishedFile> {
  try {
    const reader = await openReader(path);
    try {
      if (!(await hasOwnTables(reader)))
        return { kind: 'foreign', what: `a DuckDB database of another program${await tablesOf(reader)}` };
      const about = await readAbout(reader);
      const value = (name: string): string | undefined => about.get(name);
      if (value('format') !== STATE_FORMAT)
        return { kind: 'unusable', why: `it is of format ${value('format')}, not ${STATE_FORMAT}` };
      const rows = await reader.all<StoredRow & { synced_at: string }>(
        readStateSql(['epoch_ms(synced_at)::VARCHAR AS synced_at']),
      );
      const parts = JSON.parse(value('parts') ?? '{}') as PartsDocument;
      const places = JSON.parse(value('placed') ?? '{}') as PartsDocument;
      const tables = rows.map((row) => toTableState(row, value('deletes'), parts, places));
      const bytes = fs.statSync(path).size;
      // A file that does not say is one that was just written from nothing.
      const fresh = {
        bytes: Number(value('fresh_bytes') ?? bytes),
        rows: BigInt(value('fresh_rows') ?? tables.reduce((sum, table) => sum + table.rows, 0n)),
      };
      const sample = value('sample') === 'true';
      const source = sample ? null : toFileSource(value('source'), tables[0]?.identity);
      return {
        kind: 'ours',
        sample,
        source,
        baseCurrency: storedBaseCurrency(value),
        sampleTables: toSampleTables(about),
        tables,
        bytes,
        fresh,
        moved: BigInt(value(MOVED) ?? 0),
        marks: toMarks(value('checkpoints')),
        months: toMonths(rows, value(MONTHS)),
        followed: toFollowState(about),
      };
    } finally {
      reader.close();
    }
  } catch (thrown) {
    const error = isFinanceDbError(thrown) ? atItsPlace(thrown, path, place) : thrown;
    if (isFinanceDbError(error)) {
      if (error.code === 'DUCKDB_MISSING') return { kind: 'missing' };
      // What is no file of ours to begin with (a folder, something that may not be read) must not be moved out of the way.
      if (error.code === 'DUCKDB_UNREADABLE' && isReadableFile(path))
        return isDamagedOwn(path, place)
          ? { kind: 'unusable', why: error.message }
          : { kind: 'foreign', what: `no file of finance-db (${error.message})` };
      throw error;
    }
    // The file opens and has our tables, but they are not as they should be.
    return { kind: 'unusable', why: messageOf(error).split('\n')[0] ?? '' };
  }
}

/** A record counts for the state that it was written with, and for no other that came to the table since. */
function toMonths(
  rows: readonly (StoredRow & { readonly synced_at: string })[],
  stored: string | undefined,
): ReadonlyMap<string, KnownMonths> {
  const document = JSON.parse(stored ?? '{}') as MonthsDocument;
  return new Map(
    rows.map((row) => {
      const state = stateName(row.snapshot, new Date(Number(row.synced_at)).toISOString());
      const record = document[row.table_oid];
      return [row.table_oid, { state, record: record?.states.at(-1) === state ? record : null }];
    }),
  );
}

/** The error with the name that people know the file by. */
function atItsPlace(error: FinanceDbError, path: string, place: string): FinanceDbError {
  if (path === place) return error;
  const { code, message, remedy, details } = error;
  const known = details.path === path ? { ...details, path: place } : details;
  return new FinanceDbError(code, message.replaceAll(path, place), { remedy, details: known, cause: error });
}

async function hasOwnTables(reader: DuckDbReader): Promise<boolean> {
  const found = await reader.all(
    `SELECT 1 AS one FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '${STATE_SCHEMA}' AND table_name = 'about'`,
  );
  return found.length > 0;
}

/** `, with the tables a, b and 7 more`: by them its owner knows it. */
async function tablesOf(reader: DuckDbReader): Promise<string> {
  const tables = await reader.all<{ table_name: string }>(
    'SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY table_name',
  );
  const names = tables.slice(0, SHOWN_TABLES).map(({ table_name }) => table_name);
  if (names.length === 0) return '';
  const more = tables.length > names.length ? ` and ${tables.length - names.length} more` : '';
  return `, with the tables ${names.join(', ')}${more}`;
}

const SHOWN_TABLES = 5;

function isReadableFile(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}
