import { copyColumns, createStagingSql } from '../../duckdb/loader.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import { copyRows, type LoadContext, rangesOf, whereAlso, whereRange } from './fullLoad.ts';
import { deleteVanished } from './vanishedRows.ts';

/** What an incremental sync did, or why the table must be loaded in full instead. */
export type IncrementalOutcome =
  | { readonly kind: 'applied'; readonly rows: bigint; readonly upserted: bigint; readonly deleted: bigint }
  | { readonly kind: 'full'; readonly reason: string };

/** When more than a quarter changed, a full load costs less; small tables are not worth the thought. */
const FULL_SHARE = 4n;
const FULL_LEAST = 20_000n;

/**
 * Applies what changed since the state's snapshot (docs/sync.md argues why this is exact):
 * 1. rows whose xmin is not older than the watermark are read and put in the place of those with the same keys;
 * 2. now every source key is in the target, so that the difference of the counts is the number of deleted rows;
 * 3. if it is not zero, the source's keys are fetched (by whole-number keys only those of buckets whose counts differ)
 *    and all others deleted from the target.
 */
export async function applyChanges(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  newLeaves: readonly string[],
): Promise<IncrementalOutcome> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const key = keyColumns(source, columns);
  const limit = state.rows / FULL_SHARE > FULL_LEAST ? state.rows / FULL_SHARE : FULL_LEAST;
  const counting = countRows(context, source);
  // A failure of the count is reported where it is awaited; until then it must not end the process.
  counting.catch(() => undefined);
  const upserted = await readDelta(context, source, columns, changedSince(state.snapshot, newLeaves), limit + 1n);
  const sourceRows = await counting;
  try {
    if (upserted > limit) return { kind: 'full', reason: `more than a quarter of the rows changed (over ${limit})` };
    if (upserted > 0n) {
      await copy.run(`DELETE FROM ${target} AS t USING ${DELTA} AS d WHERE ${sameKey(key, 't', 'd')}`);
      await copy.run(`INSERT INTO ${target} SELECT * FROM ${DELTA}`);
    }
  } finally {
    await copy.run(`DROP TABLE IF EXISTS ${DELTA}`).catch(() => undefined);
  }
  const surplus = (await targetCount(copy, target)) - sourceRows;
  if (surplus < 0n)
    return { kind: 'full', reason: 'rows became visible that no transaction since the last sync wrote' };
  if (surplus > 0n) await deleteVanished(context, source, key, surplus, sourceRows);
  const rows = await targetCount(copy, target);
  if (rows !== sourceRows)
    return { kind: 'full', reason: 'the counts of both sides did not agree after applying the changes' };
  return { kind: 'applied', rows, upserted, deleted: surplus };
}

/** Staging tables are temporary: DuckDB lets one transaction write to one database, and to temporary tables. */
const DELTA = 'temp.main.finance_db_delta';

/** The bare name, as CREATE TEMP TABLE wants it. */
function local(name: string): string {
  return name.replace('temp.main.', '');
}

async function readDelta(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  condition: string,
  limit: bigint,
): Promise<bigint> {
  await context.copy.run(`DROP TABLE IF EXISTS ${DELTA}`);
  await context.copy.run(createStagingSql(local(DELTA), columns));
  // Each range up to the limit: together they may give more, but never so few that the limit goes unnoticed.
  return copyRows(
    context,
    { into: DELTA, displayName: displayName(source.table), columns, key: source.key },
    rangesOf(context, source),
    (range) =>
      `SELECT ${copyColumns(columns)} FROM ${rowsOf(source)}${whereAlso(whereRange(range), condition)} LIMIT ${limit}`,
  );
}

/** Counts on a connection of its own, beside the reading of the delta. */
async function countRows(context: LoadContext, source: SourceTable): Promise<bigint> {
  const joined = await context.snapshot.join();
  const session = joined ?? context.snapshot.session;
  try {
    const [row] = await session.query<{ count: string }>(`SELECT count(*) AS count FROM ${rowsOf(source)}`);
    return BigInt(row?.count ?? '0');
  } finally {
    await joined?.close();
  }
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
