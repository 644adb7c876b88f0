import { keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { HELD, LIVING } from '../../duckdb/places.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyRows, type LoadContext } from './fullLoad.ts';

const SUSPECTS = 'temp.main.finance_db_suspects';
const FOUND = 'temp.main.finance_db_found';

/** To look for a key in an index costs PostgreSQL as much as to send so many in the order in which they lie. */
const COST_OF_ASKING = 50n;
const SUSPECTS_LEAST = 20_000n;

/** For more keys than this, fetching all that a table of so many rows has costs less than asking for each. */
export function mostSuspects(rows: bigint): bigint {
  return rows / COST_OF_ASKING > SUSPECTS_LEAST ? rows / COST_OF_ASKING : SUSPECTS_LEAST;
}

/** So many keys are asked for by one query. */
const MOST_TOGETHER = 1000;

/**
 * Deletes rows that are gone, where HELD tells which they may be: those that lay in the blocks that were read, and whose keys lie in
 * none of them now. PostgreSQL is asked for each by its key, so that none is deleted that is there. It may leave rows that are gone;
 * the caller counts.
 * @param rows how many the source has
 * @returns how many were deleted
 */
export async function deleteMissing(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  rows: bigint,
): Promise<bigint> {
  return deleteUnlessFound(context, source, key, rows, `FROM ${HELD} ANTI JOIN ${LIVING} USING (hash)`);
}

/**
 * Deletes those of some rows whose keys PostgreSQL does not have; none when there are too many to ask for.
 * @param rows how many the source has
 * @param suspects SQL of the rows: `row`, the number in DuckDB, `hash` of the key, and its columns as k0, k1 …
 * @returns how many were deleted
 */
export async function deleteUnlessFound(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  rows: bigint,
  suspectsSql: string,
): Promise<bigint> {
  const { copy } = context;
  const most = mostSuspects(rows);
  await copy.run(`CREATE OR REPLACE TEMP TABLE finance_db_suspects AS ${suspectsSql} LIMIT ${most + 1n}`);
  const texts = key.map((_, at) => `CAST(k${at} AS VARCHAR) AS k${at}`).join(', ');
  const suspects = await copy.all<Record<string, string>>(`SELECT ${texts} FROM ${SUSPECTS}`);
  const asked = suspects.map((row) => key.map((column, at) => keyValue(column, row[`k${at}`] ?? '')));
  const isAskable = suspects.length <= most && asked.every((values) => !values.includes(null));
  let deleted = 0n;
  if (suspects.length > 0 && isAskable) {
    await copy.run(`CREATE OR REPLACE TEMP TABLE finance_db_found (hash UBIGINT NOT NULL)`);
    await findKeys(
      context,
      source,
      key,
      asked.map((values) => `(${values.join(', ')})`),
    );
    const [done] = await copy.all<{ Count: string }>(
      `DELETE FROM ${duckdbTable(source.table)} AS t WHERE t.rowid IN (SELECT "row" FROM ${SUSPECTS} WHERE hash NOT IN (SELECT hash FROM ${FOUND}))`,
    );
    deleted = BigInt(done?.Count ?? '0');
    await copy.run(`DROP TABLE ${FOUND}`);
  }
  await copy.run(`DROP TABLE ${SUSPECTS}`);
  return deleted;
}

/** A value of a key as PostgreSQL reads it, from DuckDB's text; null for years that the two write in different ways. */
function keyValue({ family, postgresType }: ColumnMapping, text: string): string | null {
  const isTime = family === 'date' || family === 'timestamp' || family === 'timestamptz';
  if (isTime && !/^(\d{4}-\d\d-\d\d[\d :.+-]*|-?infinity)$/.test(text)) return null;
  return `${quoteLiteral(text)}::${postgresType}`;
}

/** Asks PostgreSQL, by its index, which of these keys it has, into FOUND. */
async function findKeys(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  values: readonly string[],
): Promise<void> {
  const { session } = context.snapshot;
  const asked = key.map((_, at) => `finance_db_k${at}`);
  const same = key.map(({ name }, at) => `${quoteIdentifier(name)} = finance_db_asked.${asked[at]}`).join(' AND ');
  const queries: string[] = [];
  for (let from = 0; from < values.length; from += MOST_TOGETHER)
    queries.push(
      `SELECT finance_db_rows.* FROM (VALUES ${values.slice(from, from + MOST_TOGETHER).join(', ')}) AS finance_db_asked(${asked.join(', ')}) CROSS JOIN LATERAL (SELECT ${copyColumns(key)} FROM ${rowsOf(source)} WHERE ${same}) AS finance_db_rows`,
    );
  // Without statistics of the table it would be read as a whole.
  const ways = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'];
  await session.query(ways.map((way) => `SET LOCAL ${way} = off`).join('; '));
  await copyRows(
    { ...context, jobs: 1 },
    {
      into: FOUND,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (found) => keyHash(key, found),
    },
    queries,
  );
  await session.query(ways.map((way) => `RESET ${way}`).join('; '));
}
