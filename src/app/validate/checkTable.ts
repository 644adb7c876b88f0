import { describeStored, digestBuckets as digestDuckdb } from '../../duckdb/digest.ts';
import { type BucketDigests, bucketCount, unequalBuckets } from '../../model/bucketDigests.ts';
import { hidesRowid, rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { planTable, type TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { countChanged, countRows, digestTable } from '../../postgres/digest.ts';
import { volatileFunctions } from '../../postgres/volatility.ts';
import { isNotApart, setChangedApart, setVanishedApart } from './apart.ts';
import { bothSides } from './bothSides.ts';
import { chooseDigest } from './chooseDigest.ts';
import { findDifferences } from './drillDown.ts';
import { lagOf, unprovable } from './lag.ts';
import { checkQuickly } from './quick.ts';
import { type CheckContext, emptyCheck, type TableCheck } from './result.ts';
import type { RowSource } from './rowNames.ts';

/**
 * Compares one table of the DuckDB file with PostgreSQL as of the snapshot.
 * @param quick counts, sums, minima and maxima only
 * @param state what the file says of the table; null when the file was made from this very snapshot, so that nothing can lag
 */
export async function checkTable(
  context: CheckContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState | null,
  quick = false,
): Promise<TableCheck> {
  const table = displayName(source.table);
  const check = { ...emptyCheck(table), mendable: !hidesRowid(source) };
  const stored = await describeStored(context.copy, source.table);
  if (stored === null) return withoutTable(context, source, check);
  const plan = planTable(source, state, context.snapshot, false);
  if (state !== null && state.fingerprint !== plan.fingerprint) return withOtherDefinition(context, source, check);
  const odd = columns.find((column, index) => {
    const there = stored[index];
    return there?.name !== column.name || !sameType(there.type, column.duckdbType);
  });
  if (odd !== undefined || stored.length !== columns.length)
    return {
      ...check,
      problem: `the columns in DuckDB are not those that the sync makes${odd === undefined ? '' : `: look at ${odd.name}`}`,
    };

  const volatile = source.kind === 'v' ? await volatileFunctions(context.snapshot.session, source.oid) : [];
  const lag = volatile.length > 0 ? unprovable(volatile) : lagOf(context, source, state, plan.newLeaves);
  if (quick) return checkQuickly(context, source, columns, lag, check);
  const { digest, note } = chooseDigest(context, columns);
  const rows = { source, columns, digest, lag };
  context.onStep(`${table}: comparing`);
  // Without a key nothing pairs a changed row with what it was, so that nothing can be set apart.
  const changed = lag.condition === null ? 0n : await findChanged(context, rows);
  const apart = lag.condition !== null && source.key !== null && (await setVanishedApart(context, rows, changed));
  const buckets = bucketCount(state?.rows ?? BigInt(source.pages) * 60n, apart ? 0n : changed);
  const digestOurs = (): Promise<BucketDigests> =>
    digestDuckdb(context.copy, duckdbTable(source.table), digest, buckets, apart ? isNotApart(rows) : null);
  const scan = context.copy.scan ?? ((work) => work());
  const [theirs, ours] = await bothSides<BucketDigests>(
    digestTable(context.snapshot, source, digest, {
      ...{ buckets, jobs: context.jobs, where: apart ? `NOT (${lag.condition})` : null },
      onRange: (done, of) => context.onStep(`${table}: comparing, ${Math.round((done / of) * 100)} %`),
    }),
    apart ? digestOurs() : scan(digestOurs),
  );
  const unequal = unequalBuckets(theirs, ours);
  const duckdbRows = apart ? await countStored(context, source) : ours.rows;
  const basis = {
    ...check,
    rows: { postgres: theirs.rows + (apart ? changed : 0n), duckdb: duckdbRows },
    buckets,
    unequalBuckets: unequal.length,
    // Over all rows or not at all.
    digest: apart ? null : { postgres: theirs.digest, duckdb: ours.digest },
    problem: lag.problem,
    notes: note === null ? lag.notes : [...lag.notes, note],
  };
  if (unequal.length === 0 && !apart) return basis;
  context.onStep(`${table}: looking at the rows of ${unequal.length} unequal buckets`);
  const found = await findDifferences(context, {
    ...rows,
    ...{ buckets, unequal, apart, duckdbRows },
    storedRows: state?.rows ?? null,
  });
  return { ...basis, ...found, notes: [...basis.notes, ...found.notes] };
}

/** How many rows changed since the sync; those of a table with a key are set apart. */
async function findChanged(context: CheckContext, rows: RowSource): Promise<bigint> {
  if (rows.source.key !== null) return setChangedApart(context, rows);
  return countChanged(context.snapshot.session, rowsOf(rows.source), rows.lag.condition ?? 'false');
}

async function countStored(context: CheckContext, source: SourceTable): Promise<bigint> {
  const [row] = await context.copy.all<{ n: string }>(
    `SELECT count(*)::VARCHAR AS n FROM ${duckdbTable(source.table)}`,
  );
  return BigInt(row?.n ?? '0');
}

async function withoutTable(context: CheckContext, source: SourceTable, check: TableCheck): Promise<TableCheck> {
  const rows = await countRows(context.snapshot.session, rowsOf(source));
  return { ...check, rows: { postgres: rows, duckdb: 0n }, problem: 'the DuckDB file has lost the table' };
}

async function withOtherDefinition(context: CheckContext, source: SourceTable, check: TableCheck): Promise<TableCheck> {
  const rows = await countRows(context.snapshot.session, rowsOf(source));
  return {
    ...check,
    rows: { postgres: rows, duckdb: await countStored(context, source) },
    lag: { changed: rows, deleted: 0n },
    notes: [
      'the definition of the table changed since the last sync, so that rows cannot be compared; run `finance-db sync`',
    ],
  };
}

/** DuckDB writes its own types its own way. */
function sameType(stored: string, mapped: string): boolean {
  const plain = (type: string): string =>
    type
      .replaceAll(' ', '')
      .replace('TIMESTAMPWITHTIMEZONE', 'TIMESTAMPTZ')
      .replace('TIMEWITHTIMEZONE', 'TIMETZ')
      .toUpperCase();
  return plain(stored) === plain(mapped);
}
