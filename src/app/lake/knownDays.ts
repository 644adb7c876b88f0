import { KNOWN_DAYS_DDL, KNOWN_DAYS_TABLE } from '../../analytics/knownDays.ts';
import type { LakeState } from '../../lake/state.ts';
import type { LakeTable } from '../../lake/table.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { readColumns } from './readFiles.ts';

interface Described {
  readonly table: LakeTable;
  readonly state: LakeState;
}

/**
 * SQL that writes down which moments the rows of each table lie between. The manifests say so exactly, and DuckDB would read a whole
 * column of all files to find it: a fifth of what a report takes.
 */
export function knownDaysSql(tables: readonly Described[]): string[] {
  return [KNOWN_DAYS_DDL, ...tables.flatMap(rowOf)];
}

function rowOf({ table, state }: Described): string[] {
  const column = readColumns(table, state).find(({ name }) => name === 'timestamp');
  if (column?.duckdbType !== 'TIMESTAMP') return [];
  let [rows, dated] = [0n, 0n];
  let first: bigint | null = null;
  let last: bigint | null = null;
  for (const { file } of table.entries) {
    const nulls = file.nullCounts.get(column.fieldId);
    const [lower, upper] = [file.lowerBounds.get(column.fieldId), file.upperBounds.get(column.fieldId)];
    if (nulls === undefined) return [];
    rows += file.rows;
    dated += file.rows - nulls;
    if (nulls === file.rows) continue;
    if (lower?.length !== 8 || upper?.length !== 8) return [];
    const [from, to] = [lower.readBigInt64LE(), upper.readBigInt64LE()];
    if (first === null || from < first) first = from;
    if (last === null || to > last) last = to;
  }
  const moment = (micros: bigint | null): string => (micros === null ? 'NULL' : `make_timestamp(${micros})`);
  const values = [quoteLiteral(state.schema), quoteLiteral(state.name), rows, dated, moment(first), moment(last)];
  return [`INSERT INTO ${KNOWN_DAYS_TABLE} VALUES (${values.join(', ')})`];
}
