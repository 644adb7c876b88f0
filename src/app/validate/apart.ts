import { DROP_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { createStagingSql } from '../../duckdb/loader.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { plainColumn, textColumn } from '../../model/stagingColumn.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { countInPieces, piecesOf } from '../../postgres/digest.ts';
import { copyRows, type LoadContext, partsIn } from '../sync/fullLoad.ts';
import { fetchKeyHashes } from '../sync/keyHashes.ts';
import type { CheckContext } from './result.ts';
import { keyColumns, keyText, locator, type RowSource } from './rowNames.ts';

/** Rows of PostgreSQL by key and digest: those that changed since the sync, and later those of unequal buckets. */
export const THEIRS = 'temp.main.finance_db_theirs';
/** Keys of DuckDB's rows that PostgreSQL has no longer. */
const VANISHED = 'temp.main.finance_db_vanished';

/** SQL that drops what was set apart. */
export const FORGET_APART = `DROP TABLE IF EXISTS ${VANISHED}`;

const THEIR_COLUMNS: readonly ColumnMapping[] = [
  textColumn('kc'),
  plainColumn('d', 'integer', 'BIGINT'),
  textColumn('loc'),
  plainColumn('changed', 'boolean', 'BOOLEAN'),
];

/**
 * Sets the rows that PostgreSQL changed since the sync apart from the others, so that they do not spoil the buckets: their
 * keys and digests are fetched. For tables with a key only.
 * @returns how many they are
 */
export async function setChangedApart(context: CheckContext, rows: RowSource): Promise<bigint> {
  await createTheirs(context.copy);
  return fetchTheirs(context, rows, rows.lag.condition ?? 'false', 'true');
}

/** So few vanished rows spoil few of a thousand buckets; to find them beforehand would cost more. */
const FEW_VANISHED = 32n;

/**
 * Sets the rows apart that PostgreSQL deleted since the sync, when counting says that there are many: each would spoil a
 * bucket, and soon all buckets would have to be compared row by row. Call `setChangedApart` first.
 * @param changed what that returned
 * @returns whether any rows are apart now
 */
export async function setVanishedApart(context: CheckContext, rows: RowSource, changed: bigint): Promise<boolean> {
  const { copy } = context;
  const { source } = rows;
  const table = duckdbTable(source.table);
  await copy.run('CREATE OR REPLACE TEMP TABLE finance_db_vanished (kc VARCHAR)');
  const [left] = await copy.all<{ n: string }>(
    `SELECT count(*)::VARCHAR AS n FROM ${table}${changed === 0n ? '' : ` WHERE ${isNotApart(rows)}`}`,
  );
  const unchanged = (await countInPieces(context.snapshot, source, context.jobs)) - changed;
  if (BigInt(left?.n ?? '0') - unchanged <= FEW_VANISHED) return changed > 0n;
  const key = keyColumns(source, rows.columns);
  const hash = keyHash(
    key,
    key.map((column) => `t.${quoteIdentifier(column.name)}`),
  );
  try {
    const load = loadContext(context, context.jobs);
    await fetchKeyHashes(load, source, partsIn(load, source), key, null, true);
    await copy.run(
      `INSERT INTO ${VANISHED} SELECT kc FROM (SELECT ${keyText(rows).duckdb} AS kc, ${hash} AS hash FROM ${table} AS t) ANTI JOIN ${KEY_HASHES} USING (hash)`,
    );
  } finally {
    await copy.run(DROP_KEY_HASHES).catch(() => undefined);
  }
  return true;
}

/** SQL that is true for rows of DuckDB whose keys were not set apart. */
export function isNotApart(rows: RowSource): string {
  return `(${keyText(rows).duckdb}) NOT IN (SELECT kc FROM ${THEIRS} UNION ALL SELECT kc FROM ${VANISHED})`;
}

/** SQL that is true for keys that were set apart. */
export function isApart(key: string): string {
  return `${key} IN (SELECT kc FROM ${THEIRS} WHERE changed UNION ALL SELECT kc FROM ${VANISHED})`;
}

/** Makes THEIRS, empty. */
export async function createTheirs(copy: WorkingCopy): Promise<void> {
  await copy.run(`DROP TABLE IF EXISTS ${THEIRS}; ${createStagingSql('finance_db_theirs', THEIR_COLUMNS)}`);
}

/**
 * Adds rows of PostgreSQL to THEIRS.
 * @param where SQL that is true for the rows to be looked at; null for all
 * @param condition SQL about their digest `d`
 * @returns how many
 */
export async function fetchTheirs(
  context: CheckContext,
  rows: RowSource,
  where: string | null,
  condition: string,
): Promise<bigint> {
  const { source, digest, lag } = rows;
  const extra = [keyText(rows).postgres, locator(source), lag.condition ?? 'false'];
  return copyRows(
    loadContext(context, context.jobs),
    { into: THEIRS, displayName: displayName(source.table), columns: THEIR_COLUMNS, key: null },
    piecesOf(context.snapshot, source, context.jobs, where).map(
      (from) => `SELECT x0, d, x1, x2 FROM (${digest.postgres(from, extra)}) AS rows WHERE ${condition}`,
    ),
  );
}

function loadContext({ snapshot, copy, spoolFolder, signal }: CheckContext, jobs: number): LoadContext {
  return { snapshot, copy, spoolFolder, jobs, spoolBytes: 128 << 20, signal, onProgress: () => undefined };
}
