import { keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { LIVING, markOf, TAKEN } from '../../duckdb/places.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyRows, type LoadContext } from './fullLoad.ts';

const MARKS = 'temp.main.finance_db_marks';
const SUSPECTS = 'temp.main.finance_db_suspects';
const FOUND = 'temp.main.finance_db_found';

/** For more keys than this, counting all of them costs less than asking for each. */
const MOST_SUSPECTS = 20_000;
/** So many keys are asked for by one query. */
const MOST_TOGETHER = 1000;

/**
 * Deletes rows that are gone, where the places of rows tell which they may be: those whose 24 bits lay in the blocks that were read
 * and lie in none of them now, about as many others among tens of millions having the same bits. PostgreSQL is asked for each by its
 * key, so that none is deleted that is there. It may leave rows that are gone; the caller counts.
 * @param surplus how many rows are gone
 * @param condition SQL that is true for all rows of the target that may be gone; null for all
 */
export async function deleteMissing(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  surplus: bigint,
  condition: string | null,
): Promise<void> {
  const { copy } = context;
  if (surplus > BigInt(MOST_SUSPECTS)) return;
  const target = duckdbTable(source.table);
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_marks AS SELECT DISTINCT mark FROM (SELECT mark FROM ${TAKEN} EXCEPT ALL SELECT ${markOf('hash')} AS mark FROM ${LIVING})`,
  );
  // Qualified, for a column may be called like an alias.
  const names = key.map(({ name }) => `t.${quoteIdentifier(name)}`);
  const among = condition === null ? '' : ` WHERE ${condition}`;
  const keys = names.map((name, at) => `${name} AS k${at}`).join(', ');
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_suspects AS SELECT * FROM (SELECT ${keys}, ${keyHash(key, names)} AS hash FROM ${target} AS t${among})
     WHERE ${markOf('hash')} IN (SELECT mark FROM ${MARKS}) AND hash NOT IN (SELECT hash FROM ${LIVING}) LIMIT ${MOST_SUSPECTS + 1}`,
  );
  const texts = key.map((_, at) => `CAST(k${at} AS VARCHAR) AS k${at}`).join(', ');
  const suspects = await copy.all<Record<string, string>>(`SELECT ${texts} FROM ${SUSPECTS}`);
  const asked = suspects.map((row) => key.map((column, at) => keyValue(column, row[`k${at}`] ?? '')));
  const isAskable = suspects.length <= MOST_SUSPECTS && asked.every((values) => !values.includes(null));
  if (suspects.length > 0 && isAskable) {
    await copy.run(`CREATE OR REPLACE TEMP TABLE finance_db_found (hash UBIGINT NOT NULL)`);
    await findKeys(
      context,
      source,
      key,
      asked.map((values) => `(${values.join(', ')})`),
    );
    const same = key.map(({ name }, at) => `t.${quoteIdentifier(name)} = s.k${at}`).join(' AND ');
    await copy.run(
      `DELETE FROM ${target} AS t USING (SELECT * FROM ${SUSPECTS} WHERE hash NOT IN (SELECT hash FROM ${FOUND})) AS s WHERE ${same}`,
    );
    await copy.run(`DROP TABLE ${FOUND}`);
  }
  await copy.run(`DROP TABLE ${MARKS}; DROP TABLE ${SUSPECTS}`);
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
