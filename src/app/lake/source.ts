import { identityOf, MONTHS, readAbout, readStateSql, type StoredRow } from '../../duckdb/syncState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { LakeState, StateColumn } from '../../lake/state.ts';
import type { MonthRecord, MonthsDocument } from '../../model/monthRecord.ts';
import { displayName, duckdbTable, STATE_SCHEMA, type TableName } from '../../model/tableName.ts';

/** Rows in DuckDB that are to be written: those of a table, or of a leaf of it. */
export interface RowSource {
  readonly table: TableName;
  /** What to put behind FROM. */
  readonly from: string;
  readonly columns: readonly StateColumn[];
  readonly key: readonly string[] | null;
}

/** A table of the DuckDB file that is to be published, with what its snapshot will say of it. */
export interface LakeSource extends Omit<RowSource, 'key'> {
  readonly state: Omit<LakeState, 'units' | 'mode'>;
  /** Since when which month is as it is; null when the file does not say. */
  readonly months: MonthRecord | null;
}

/** Its rows alone. */
export function rowsOfSource({ table, from, columns, state }: LakeSource): RowSource {
  return { table, from, columns, key: state.key };
}

/** What of `finance_db.about` belongs to the data rather than to the file: not as of which snapshot the file knows its currencies. */
const KEPT_ABOUT = /^(format|sample|sample_tables|base_currency(_from|_data)?|source|tool)$/;

/**
 * The tables of the published file, with the state that a sync left.
 * @throws FinanceDbError DUCKDB_MISSING naming a table that was never synced
 */
export async function readSources(copy: Pick<WorkingCopy, 'all'>, tables: readonly TableName[]): Promise<LakeSource[]> {
  const stored = await readAbout(copy);
  const about = Object.fromEntries([...stored].filter(([name]) => KEPT_ABOUT.test(name)));
  const months = JSON.parse(stored.get(MONTHS) ?? '{}') as MonthsDocument;
  const rows = await copy.all<StoredRow & Rest>(
    readStateSql(['columns::VARCHAR AS columns', 'key_columns', 'epoch_ms(synced_at)::VARCHAR AS synced_at']),
  );
  const [version] = await copy.all<{ version: string }>('SELECT version() AS version');
  return tables.map((table) => {
    const row = rows.find((known) => known.table_schema === table.schema && known.table_name === table.name);
    if (row === undefined)
      throw new FinanceDbError('DUCKDB_MISSING', `the DuckDB file does not hold the table ${displayName(table)} yet`, {
        details: { table: displayName(table) },
      });
    const columns = JSON.parse(row.columns) as StateColumn[];
    return {
      table,
      from: duckdbTable(table),
      columns,
      months: months[row.table_oid] ?? null,
      state: {
        duckdb: version?.version ?? '',
        ...{ schema: table.schema, name: table.name },
        identity: identityOf(row),
        tableOid: row.table_oid,
        fingerprint: row.fingerprint,
        snapshot: row.snapshot,
        leaves: row.leaves,
        gated: row.gated,
        key: row.key_columns,
        columns,
        rows: row.row_count,
        syncedAt: new Date(Number(row.synced_at)).toISOString(),
        about,
      },
    };
  });
}

interface Rest {
  readonly columns: string;
  readonly key_columns: string[] | null;
  readonly synced_at: string;
}

/** The names of all tables that the file holds. */
export async function syncedTables(copy: Pick<WorkingCopy, 'all'>): Promise<TableName[]> {
  const rows = await copy.all<{ table_schema: string; table_name: string }>(
    `SELECT table_schema, table_name FROM ${STATE_SCHEMA}.sync_state ORDER BY ALL`,
  );
  return rows.map((row) => ({ schema: row.table_schema, name: row.table_name }));
}
