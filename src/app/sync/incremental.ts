import { DROP_KEY_HASHES } from '../../duckdb/keyHash.ts';
import { copyColumns, createStagingSql } from '../../duckdb/loader.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { leafBounds } from '../../model/leafBounds.ts';
import { placesOf } from '../../model/packs.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import { copyRows, type LoadContext, type PartRows, partsIn } from './fullLoad.ts';
import { sumOf } from './packs.ts';
import { type Survey, survey } from './survey.ts';
import type { UnreadParts } from './unread.ts';
import { type Among, deleteVanished } from './vanishedRows.ts';

/** What an incremental sync did, or why the table must be loaded in full instead. */
export type IncrementalOutcome =
  | { readonly kind: 'applied'; readonly rows: PartRows; readonly upserted: bigint; readonly deleted: bigint }
  | { readonly kind: 'full'; readonly reason: string };

/** When more than a quarter changed, a full load costs less; small tables are not worth the thought. */
const FULL_SHARE = 4n;
const FULL_LEAST = 20_000n;

/**
 * Applies what changed since the state's snapshot (docs/sync.md argues why this is exact):
 * 1. one pass over the source counts its rows and finds those whose xmin is not older than the watermark; they are read
 *    and put in the place of those with the same keys;
 * 2. now every source key is in the target, so that the difference of the counts is the number of deleted rows;
 * 3. if it is not zero, the source's keys are fetched (by whole-number keys only those of buckets whose counts differ)
 *    and all others deleted from the target. PostgreSQL's statistics tell whether rows were deleted, not reliably, but
 *    mostly beforehand: then the pass of the first step fetches the keys, too.
 * @param unread parts in which nothing changed, with the rows that they have
 */
export async function applyChanges(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  newLeaves: readonly string[],
  unread: UnreadParts,
): Promise<IncrementalOutcome> {
  try {
    return await applyBySurvey(context, source, columns, state, newLeaves, unread);
  } finally {
    // A failed statement may have ended the transaction, and with it all that could be dropped.
    await context.copy.run(DROP_KEY_HASHES).catch(() => undefined);
  }
}

async function applyBySurvey(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  newLeaves: readonly string[],
  unread: UnreadParts,
): Promise<IncrementalOutcome> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const key = keyColumns(source, columns);
  const limit = state.rows / FULL_SHARE > FULL_LEAST ? state.rows / FULL_SHARE : FULL_LEAST;
  const lost = state.deletes !== null && state.deletes !== source.deletes;
  const condition = changedSince(state.snapshot, newLeaves);
  const all = partsIn(context, source);
  const parts = all.filter(({ oid }) => !unread.has(oid));
  const found = await survey(context, source, parts, condition, lost ? key : null);
  if (found.changed > limit) return { kind: 'full', reason: `more than a quarter of the rows changed (over ${limit})` };
  if (found.changed > 0n) await putChanged(context, source, columns, parts, found, condition);
  const counts = new Map(all.map(({ oid }) => [oid, unread.get(oid) ?? found.rows.get(oid) ?? 0n]));
  const expected = sumOf(counts);
  const surplus = (await targetCount(copy, target)) - expected;
  if (surplus < 0n)
    return { kind: 'full', reason: 'rows became visible that no transaction since the last sync wrote' };
  if (surplus > 0n) {
    const among = lookAmong(source, all, parts);
    // The keys that the survey brought are of the parts that were read.
    const known: Pick<Survey, 'rows' | 'keys'> =
      among.parts.length === parts.length ? found : { rows: counts, keys: 'none' };
    await deleteVanished(context, source, key, surplus, known, among);
  }
  if ((await targetCount(copy, target)) !== expected)
    return { kind: 'full', reason: 'the counts of both sides did not agree after applying the changes' };
  return { kind: 'applied', rows: counts, upserted: found.changed, deleted: surplus };
}

/** Rows are gone from parts that were read only; their bounds tell which rows of the target these were, where DuckDB can read them. */
function lookAmong(source: SourceTable, all: readonly Part[], parts: readonly Part[]): Among {
  if (parts.length === all.length) return { parts, condition: null };
  const bounds = parts.map(({ constraint }) => (constraint === null ? null : leafBounds(constraint, source)));
  if (parts.length === 0 || bounds.includes(null)) return { parts: all, condition: null };
  return { parts, condition: `(${bounds.join(' OR ')})` };
}

/** Staging tables are temporary: DuckDB lets one transaction write to one database, and to temporary tables. */
const DELTA_NAME = 'finance_db_delta';
const DELTA = `temp.main.${DELTA_NAME}`;

/** Fetches the changed rows and puts them in the place of those with the same keys. */
async function putChanged(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  parts: readonly Part[],
  { changed, packs }: Survey,
  condition: string,
): Promise<void> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const places = parts.flatMap((part, index) => {
    const own = packs?.filter((pack) => Number(pack.part) === index) ?? null;
    return (own === null ? [condition] : placesOf(own, condition)).map((place) => `${part.from} WHERE ${place}`);
  });
  await copy.run(`DROP TABLE IF EXISTS ${DELTA}`);
  await copy.run(createStagingSql(DELTA_NAME, columns));
  const read = await copyRows(
    context,
    { into: DELTA, displayName: displayName(source.table), columns, key: source.key },
    places.map((place) => `SELECT ${copyColumns(columns)} FROM ${place}`),
  );
  if (read !== changed)
    throw new FinanceDbError('INTERNAL', `${displayName(source.table)}: ${changed} rows had changed, and ${read} came`);
  const key = keyColumns(source, columns);
  await copy.run(`DELETE FROM ${target} AS t USING ${DELTA} AS d WHERE ${sameKey(key, 't', 'd')}`);
  await copy.run(`INSERT INTO ${target} SELECT * FROM ${DELTA}`);
  await copy.run(`DROP TABLE ${DELTA}`);
}

async function targetCount(copy: WorkingCopy, target: string): Promise<bigint> {
  const [row] = await copy.all<{ count: string }>(`SELECT count(*)::VARCHAR AS count FROM ${target}`);
  return BigInt(row?.count ?? '0');
}

function keyColumns(source: SourceTable, columns: readonly ColumnMapping[]): ColumnMapping[] {
  return columns.filter((column) => source.key?.includes(column.name));
}

function sameKey(key: readonly ColumnMapping[], left: string, right: string): string {
  return key
    .map((column) => `${left}.${quoteIdentifier(column.name)} = ${right}.${quoteIdentifier(column.name)}`)
    .join(' AND ');
}
