import type { SourceIdentity } from '../model/watermark.ts';
import type { LakeTable } from './table.ts';

/** Property of a snapshot's summary: what the next run goes by. */
export const STATE_PROPERTY = 'finance-db.state';

/** A part of a table that is rewritten as a whole: a month of it, or a leaf of the source. */
export interface UnitState {
  readonly rows: string;
  /** Over its rows, by DuckDB's hash. */
  readonly digest: string;
  /** Of a leaf: how many of its rows are those of the sample; left out when none is. */
  readonly sampleRows?: number;
}

/** What a snapshot of the lake says of the source that it equals: committed with the data. */
export interface LakeState {
  /** What units are: months of the DuckDB file, or leaves of the source. A table of the other kind is written anew. */
  readonly mode: 'file' | 'source';
  /** Digests of another version of DuckDB mean nothing. */
  readonly duckdb: string;
  readonly schema: string;
  readonly name: string;
  readonly identity: SourceIdentity;
  readonly tableOid: string;
  readonly fingerprint: string;
  /** The snapshot of PostgreSQL, as it writes it. */
  readonly snapshot: string;
  readonly leaves: readonly string[];
  readonly gated: boolean;
  readonly key: readonly string[] | null;
  readonly columns: readonly StateColumn[];
  readonly rows: string;
  readonly syncedAt: string;
  /** What the DuckDB file says of itself: the base currency, sample rows. */
  readonly about: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, UnitState>>;
}

/** A column as `finance_db.sync_state` keeps it. */
export interface StateColumn {
  readonly name: string;
  readonly family: string;
  readonly duckdbType: string;
  readonly postgresType: string;
  /** pg_attribute.attnum; left out in files of older versions. */
  readonly number?: number;
}

/** The state of the table's current snapshot; null when it was written by another program, or rolled back to an older one. */
export function stateOf(table: LakeTable): LakeState | null {
  const text = table.snapshot?.summary[STATE_PROPERTY];
  return text === undefined ? null : (JSON.parse(text) as LakeState);
}

/** Whether two say the same of the currency of their sums: what they call it, why, and what the rows name. */
export function sameCurrency(one: LakeState['about'], other: LakeState['about']): boolean {
  const label = (about: LakeState['about']): string =>
    JSON.stringify(
      Object.entries(about)
        .filter(([name]) => /^base_currency(_from|_data)?$/.test(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return label(one) === label(other);
}

/** Whether the rows are of the same columns as the source has them: types that Iceberg writes alike may mean something else. */
export function sameColumns(one: LakeState['columns'], other: LakeState['columns']): boolean {
  const text = (columns: LakeState['columns']): string =>
    JSON.stringify(
      columns.map(({ name, duckdbType, postgresType, number }) => [name, duckdbType, postgresType, number]),
    );
  return text(one) === text(other);
}
