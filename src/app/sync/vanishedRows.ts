import { KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { bucketsFor, keyBucket } from '../../model/keyBucket.ts';
import { leafBounds } from '../../model/leafBounds.ts';
import type { Part } from '../../model/parts.ts';
import { hidesRowid, type SourceTable } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { targetCount } from './changedRows.ts';
import type { LoadContext, PartRows } from './fullLoad.ts';
import { DROP_UNEQUAL, inUnequalBuckets, inUnequalHashes, where } from './keyBuckets.ts';
import { fetchKeyHashes, fetchPacked, packedColumn, wantedOf } from './keyHashes.ts';
import { deleteUnlessFound, mostSuspects } from './missingRows.ts';
import { type KeysRead, sumOf } from './packs.ts';
import { isAskable } from './wantsPlaces.ts';

/** Where rows are looked for that are gone. */
export interface Among {
  readonly parts: readonly Part[];
  /** SQL that is true for all rows of the target but those of other parts, where nothing is gone; null when these are all parts. */
  readonly condition: string | null;
}

/** Rows are gone from parts that were read only; their bounds tell which rows of the target these were, where DuckDB can read them. */
export function lookAmong(source: SourceTable, all: readonly Part[], parts: readonly Part[]): Among {
  if (parts.length === all.length) return { parts, condition: null };
  const bounds = parts.map((part) => boundsOf(source, part));
  if (parts.length === 0 || bounds.includes(null)) return { parts: all, condition: null };
  return { parts, condition: `(${bounds.join(' OR ')})` };
}

/** SQL for DuckDB that is true for the rows of a part; null where none is known. */
export function boundsOf(source: SourceTable, { constraint }: Part): string | null {
  return constraint === null ? null : leafBounds(constraint, source);
}

/** What is known of the source's rows among which some are gone. */
export interface KnownKeys {
  readonly rows: PartRows;
  /** Whether KEY_HASHES holds all of their keys. */
  readonly keys: KeysRead;
  /** The one column of the key that the hashes are of; left out when they are of all of it. */
  readonly by?: ColumnMapping | undefined;
}

/**
 * Deletes the rows of the target whose keys the source no longer has. If the survey did not bring the keys, and the key has a
 * whole number, both sides first count by buckets of it, and only the keys of unequal buckets are fetched; else all keys are.
 * The target must hold all keys of the source.
 *
 * A hash shared by a vanished key and a living one would keep a row too many; the caller counts again and would notice.
 * @param surplus how many rows the target has too many
 */
export async function deleteVanished(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  surplus: bigint,
  { rows: counted, keys, by }: KnownKeys,
  among: Among,
): Promise<void> {
  const { parts, condition } = among;
  const rows = sumOf(counted);
  const { copy } = context;
  const target = duckdbTable(source.table);
  if (rows === 0n) {
    await copy.run(`DELETE FROM ${target}${where(condition)}`);
    return;
  }
  const buckets = bucketsFor(surplus, rows);
  const bucket = buckets === null || keys === 'hashed' ? null : keyBucket(key, buckets);
  let isKnown = keys === 'hashed';
  const column = isKnown ? by : await columnInstead(context, source, key, bucket === null ? keys : 'unpackable');
  if (column !== undefined) {
    isKnown ||= await fetchPacked(context, source, wantedOf(column, parts), parts);
    const left = isKnown ? await deleteByColumn(context, source, key, column, surplus, rows, among) : surplus;
    if (left === 0n) return;
    // More rows of one value than one are told apart by all of the key.
    isKnown = false;
  }
  const inUnequal = bucket === null ? null : await inUnequalBuckets(context, source, parts, condition, key, bucket);
  if (!isKnown) await fetchKeyHashes(context, source, parts, key, inUnequal, keys === 'none');
  const ours = hashesOf(source, key, key, inUnequal, condition);
  // A join of the hashes of unequal buckets costs less than one of all.
  const few = bucket === null && buckets !== null ? await inUnequalHashes(copy, ours, buckets) : '';
  await deleteAbsent(copy, source, key, ours, few);
  await copy.run(DROP_UNEQUAL);
}

/** The column whose values are fetched instead of keys of several columns, where that is worth trying. */
async function columnInstead(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  keys: KeysRead,
): Promise<ColumnMapping | undefined> {
  if (key.length === 1 || keys !== 'none') return undefined;
  return (await packedColumn(context, source, key)) ?? undefined;
}

/**
 * Deletes rows by one column of the key, of which KEY_HASHES holds the hashes: those of values that the source has no more, and of
 * values that the target has more often those that PostgreSQL does not have when it is asked by all of the key.
 * @returns how many rows are too many still
 */
async function deleteByColumn(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  column: ColumnMapping,
  surplus: bigint,
  rows: bigint,
  { condition }: Among,
): Promise<bigint> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const before = await targetCount(copy, target);
  const left = async (): Promise<bigint> => surplus - (before - (await targetCount(copy, target)));
  const ours = hashesOf(source, key, [column], condition);
  const buckets = bucketsFor(surplus, rows);
  const few = buckets === null ? '' : await inUnequalHashes(copy, ours, buckets);
  await deleteAbsent(copy, source, key, ours, few);
  let more = await left();
  if (more > 0n && more <= mostSuspects(rows) && !hidesRowid(source) && key.every(isAskable)) {
    const times = (from: string): string => `SELECT hash, count(*) AS times FROM (FROM ${from}${few}) GROUP BY hash`;
    const often = `SELECT o.hash FROM (${times(ours)}) AS o JOIN (${times(KEY_HASHES)}) AS k ON o.hash = k.hash AND o.times > k.times`;
    const names = namesOf(key);
    const columns = [
      `t.rowid AS "row"`,
      `${keyHash(key, names)} AS hash`,
      ...names.map((name, at) => `${name} AS k${at}`),
    ];
    await deleteUnlessFound(
      context,
      source,
      key,
      rows,
      `SELECT ${columns.join(', ')} FROM ${target} AS t WHERE t.rowid IN (SELECT row FROM (FROM ${ours}${few}) WHERE hash IN (${often}))`,
    );
    more = await left();
  }
  await copy.run(DROP_UNEQUAL);
  return more;
}

/** SQL of hashes of rows of the target by some columns, as `hash`, and which rows these are, as `row`. */
function hashesOf(
  source: SourceTable,
  key: readonly ColumnMapping[],
  by: readonly ColumnMapping[],
  ...conditions: (string | null)[]
): string {
  return `(SELECT ${keyHash(by, namesOf(by))} AS hash, ${rowOf(source, key)} AS row FROM ${duckdbTable(source.table)} AS t${where(...conditions)})`;
}

/** Columns of a target called t: qualified, for a column may be called like an alias. */
function namesOf(columns: readonly ColumnMapping[]): string[] {
  return columns.map(({ name }) => `t.${quoteIdentifier(name)}`);
}

/** SQL that names a row of a target called t. To find rows by their number saves hashing all keys once more. */
function rowOf(source: SourceTable, key: readonly ColumnMapping[]): string {
  return hidesRowid(source) ? keyHash(key, namesOf(key)) : 't.rowid';
}

/** Deletes the rows whose hashes KEY_HASHES does not have. @param few a WHERE for hashes, or nothing */
async function deleteAbsent(
  copy: WorkingCopy,
  source: SourceTable,
  key: readonly ColumnMapping[],
  ours: string,
  few: string,
): Promise<void> {
  await copy.run(
    `DELETE FROM ${duckdbTable(source.table)} AS t WHERE ${rowOf(source, key)} IN (SELECT row FROM (FROM ${ours}${few}) ANTI JOIN (FROM ${KEY_HASHES}${few}) AS theirs USING (hash))`,
  );
}
