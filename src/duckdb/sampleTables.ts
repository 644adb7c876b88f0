import { quoteLiteral } from '../model/identifier.ts';
import { SAMPLE_ID_PATTERN, type SampleTable } from '../model/sampleRows.ts';
import { displayName, duckdbTable, STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import type { WorkingCopy } from './workingCopy.ts';

const NAME = 'sample_tables';

/**
 * Keeps in the file which tables hold sample rows, and how many: what every reading command says of them.
 * @param marked tables that PostgreSQL marks; those whose sample rows are gone are left out
 * @param others what the file said of tables that were not synced now
 */
export async function rememberSampleTables(
  copy: WorkingCopy,
  marked: readonly TableName[],
  others: readonly SampleTable[],
): Promise<SampleTable[]> {
  const found = [...others];
  for (const table of marked) {
    const [row] = await copy.all<{ sample: string; rows: string }>(
      `SELECT count(*) FILTER (WHERE regexp_matches(tx_id::VARCHAR, '${SAMPLE_ID_PATTERN}'))::VARCHAR AS sample, count(*)::VARCHAR AS rows FROM ${duckdbTable(table)}`,
    );
    const sampleRows = Number(row?.sample ?? 0);
    if (sampleRows > 0) found.push({ table: displayName(table), sampleRows, rows: Number(row?.rows ?? 0) });
  }
  await copy.run(`DELETE FROM ${STATE_SCHEMA}.about WHERE name = '${NAME}'`);
  if (found.length > 0)
    await copy.run(`INSERT INTO ${STATE_SCHEMA}.about VALUES ('${NAME}', ${quoteLiteral(JSON.stringify(found))})`);
  return found;
}

/** @param about what the file says of itself, by name */
export function toSampleTables(about: ReadonlyMap<string, string>): readonly SampleTable[] {
  return JSON.parse(about.get(NAME) ?? '[]') as SampleTable[];
}
