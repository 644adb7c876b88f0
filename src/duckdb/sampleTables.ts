import { quoteLiteral } from '../model/identifier.ts';
import { SAMPLE_ID_COLUMN, SAMPLE_ID_PATTERN, SAMPLE_ID_PREFIX, type SampleTable } from '../model/sampleRows.ts';
import { displayName, duckdbTable, STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import type { WorkingCopy } from './workingCopy.ts';

const NAME = 'sample_tables';

/**
 * Keeps in the file which tables hold sample rows, and how many: what every reading command says of them. They are told by their
 * ids and not by the comment of their table, since the rows go where that does not: through views, into copies, past a new comment.
 * @param synced what was synced now, with its columns
 * @param others what the file said of tables that were not synced now
 */
export async function rememberSampleTables(
  copy: WorkingCopy,
  synced: readonly { readonly table: TableName; readonly columns: readonly ColumnMapping[] }[],
  others: readonly SampleTable[],
): Promise<SampleTable[]> {
  const found = [...others];
  for (const { table, columns } of synced) {
    const sql = sampleRowsSql(duckdbTable(table), columns);
    if (sql === null) continue;
    const [row] = await copy.all<{ sample: string; rows: string }>(sql);
    const sampleRows = Number(row?.sample ?? 0);
    if (sampleRows > 0) found.push({ table: displayName(table), sampleRows, rows: Number(row?.rows ?? 0) });
  }
  await copy.run(`DELETE FROM ${STATE_SCHEMA}.about WHERE name = '${NAME}'`);
  if (found.length > 0)
    await copy.run(`INSERT INTO ${STATE_SCHEMA}.about VALUES ('${NAME}', ${quoteLiteral(JSON.stringify(found))})`);
  return found;
}

/** SQL of how many rows of a table are those of the sample, and of how many: `sample`, `rows`; null where there can be none. */
export function sampleRowsSql(
  from: string,
  columns: readonly Pick<ColumnMapping, 'name' | 'duckdbType'>[],
): string | null {
  if (!columns.some(({ name, duckdbType }) => name === SAMPLE_ID_COLUMN && duckdbType === 'VARCHAR')) return null;
  // The range apart, as DuckDB skips by it what cannot hold such ids: by a function it does not.
  return `SELECT count(*)::VARCHAR AS sample, (SELECT count(*) FROM ${from})::VARCHAR AS rows
FROM ${from} WHERE ${SAMPLE_ID_COLUMN} >= '${SAMPLE_ID_PREFIX}' AND ${SAMPLE_ID_COLUMN} < '${SAMPLE_ID_PREFIX}:' AND regexp_matches(${SAMPLE_ID_COLUMN}, '${SAMPLE_ID_PATTERN}')`;
}

/** @param about what the file says of itself, by name */
export function toSampleTables(about: ReadonlyMap<string, string>): readonly SampleTable[] {
  return JSON.parse(about.get(NAME) ?? '[]') as SampleTable[];
}
