import { counted } from '../../model/counted.ts';
import { hidesRowid } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import { createTheirs, FORGET_APART, fetchTheirs, isApart, THEIRS } from './apart.ts';
import { showDifferences } from './examples.ts';
import type { CheckContext, TableCheck } from './result.ts';
import { DIFFERENCES, keyText, type UnequalBuckets } from './rowNames.ts';

const OURS = 'temp.main.finance_db_ours';

/**
 * Compares the unequal buckets row by row: both sides name their rows by key and digest, equal ones are crossed out one
 * for one, and what is left is paired by key. The temporary table DIFFERENCES stays for a repair:
 * `kind` (missing, extra, different), `lag`, `loc` (the row in PostgreSQL), `rid` (the row in DuckDB).
 */
export async function findDifferences(
  context: CheckContext,
  unequal: UnequalBuckets,
): Promise<Pick<TableCheck, 'lag' | 'damage' | 'examples' | 'notes'>> {
  const { copy } = context;
  await fetchUnequal(context, unequal);
  await listOurs(context, unequal);
  await copy.run(pairSql(unequal.source.key !== null));
  await copy.run(`DROP TABLE ${THEIRS}; DROP TABLE ${OURS}; ${FORGET_APART}`);
  await markLag(context, unequal);
  return summarize(context, unequal);
}

/** The rows of PostgreSQL in the unequal buckets, beside those that were set apart. */
async function fetchUnequal(context: CheckContext, unequal: UnequalBuckets): Promise<void> {
  const { lag, apart } = unequal;
  if (!apart) await createTheirs(context.copy);
  if (unequal.unequal.length === 0) return;
  const inUnequal = `d & ${unequal.buckets - 1} = ANY ('{${unequal.unequal.join(',')}}'::int8[])`;
  await fetchTheirs(context, unequal, apart ? `NOT (${lag.condition ?? 'false'})` : null, inUnequal);
}

async function listOurs(context: CheckContext, unequal: UnequalBuckets): Promise<void> {
  const { source, digest, buckets, apart } = unequal;
  // Where the rowid is hidden, rows can be counted and keys be told, but they cannot be looked up.
  const rows = digest.duckdb(duckdbTable(source.table), [keyText(unequal).duckdb, hidesRowid(source) ? '0' : 'rowid']);
  const wanted = [
    ...(apart ? [isApart('x0')] : []),
    ...(unequal.unequal.length === 0 ? [] : [`(d & ${buckets - 1}) IN (${unequal.unequal.join(', ')})`]),
  ];
  await context.copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_ours AS SELECT x0 AS kc, d, x1 AS rid FROM (${rows}) AS rows WHERE ${wanted.join(' OR ')}`,
  );
}

function pairSql(keyed: boolean): string {
  // Copies of one row are numbered, so that of three against two one is left.
  const numbered = (table: string): string => `(SELECT *, row_number() OVER (PARTITION BY d) AS n FROM ${table})`;
  const left = (table: string, other: string): string =>
    `(SELECT *, row_number() OVER (PARTITION BY kc) AS m FROM (SELECT mine.* FROM ${numbered(table)} AS mine ANTI JOIN ${numbered(other)} AS other USING (d, n)) AS rest)`;
  const pair = keyed ? 'a.kc = b.kc AND a.m = b.m' : 'false';
  return `CREATE OR REPLACE TEMP TABLE finance_db_differences AS
    SELECT CASE WHEN b.rid IS NULL THEN 'missing' WHEN a.loc IS NULL THEN 'extra' ELSE 'different' END AS kind,
      coalesce(a.changed, false) AS lag, coalesce(a.kc, b.kc) AS kc, a.loc, b.rid
    FROM ${left(THEIRS, OURS)} AS a FULL JOIN ${left(OURS, THEIRS)} AS b ON ${pair}`;
}

/**
 * Decides which extra rows may be rows deleted in PostgreSQL since the sync. A key that DuckDB holds twice is never lag:
 * no sync leaves such a file.
 */
async function markLag(context: CheckContext, unequal: UnequalBuckets): Promise<void> {
  const { copy } = context;
  const { lag, source } = unequal;
  if (!lag.possible) return;
  if (lag.blind) {
    await copy.run(`UPDATE ${DIFFERENCES} SET lag = true`);
    return;
  }
  const twice =
    source.key === null
      ? 'false'
      : `kc IN (SELECT kc FROM (SELECT ${keyText(unequal).duckdb} AS kc FROM ${duckdbTable(source.table)}) AS keys WHERE kc IN (SELECT kc FROM ${DIFFERENCES} WHERE kind = 'extra') GROUP BY kc HAVING count(*) > 1)`;
  await copy.run(`UPDATE ${DIFFERENCES} SET lag = true WHERE kind = 'extra' AND NOT (${twice})`);
}

async function summarize(
  context: CheckContext,
  unequal: UnequalBuckets,
): Promise<Pick<TableCheck, 'lag' | 'damage' | 'examples' | 'notes'>> {
  const rows = await context.copy.all<{ kind: string; lag: boolean; n: string }>(
    `SELECT kind, lag, count(*)::VARCHAR AS n FROM ${DIFFERENCES} GROUP BY ALL`,
  );
  const count = (kind: string, lag: boolean): bigint => {
    const found = rows.find((row) => row.kind === kind && row.lag === lag);
    return BigInt(found?.n ?? '0');
  };
  let missing = count('missing', false);
  let extra = count('extra', false);
  let deleted = count('extra', true);
  const notes: string[] = [];
  if (unequal.lag.possible && !unequal.lag.blind && unequal.storedRows !== null) {
    // The sync left so many rows. Of what came and went since, `missing` and `extra` are known; the rest is not lag either.
    const unexplained = unequal.duckdbRows - unequal.storedRows + missing - extra;
    if (unexplained > 0n) {
      const added = least(unexplained, deleted);
      extra += added;
      deleted -= added;
      if (added > 0n)
        notes.push(
          `the file holds ${counted(added, 'more row')} than its sync left, among the ${added + deleted} whose keys PostgreSQL does not have`,
        );
    } else if (unexplained < 0n) {
      missing -= unexplained;
      notes.push(
        `the file lacks ${counted(-unexplained, 'row')} that its sync left and PostgreSQL has changed or deleted since`,
      );
    }
  }
  const different = count('different', false);
  const damaged = missing + extra + different > 0n;
  return {
    lag: { changed: count('missing', true) + count('different', true), deleted },
    damage: { missing, extra, different },
    examples: damaged ? await showDifferences(context, unequal, extra > count('extra', false)) : [],
    notes,
  };
}

function least(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
