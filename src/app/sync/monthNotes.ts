import type { KnownMonths } from '../../duckdb/fileState.ts';
import { nextRow } from '../../duckdb/places.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { monthColumn, monthSql, NO_TIME, WHOLE } from '../../lake/months.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import {
  type CountedMonth,
  continued,
  type MonthRecord,
  type MonthsDocument,
  newRecord,
  stateName,
} from '../../model/monthRecord.ts';
import { hidesRowid, type SourceTable } from '../../model/sourceTable.ts';
import type { TablePlan } from '../../model/syncPlan.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { Synced } from './syncTable.ts';

/** What stands before a change of a table. */
export interface MonthsBefore {
  readonly record: MonthRecord;
  /** Rows that come by the change have this number in DuckDB, or a later one. */
  readonly next: bigint;
}

/**
 * Keeps for a lake in which months a sync changed rows, so that it need not look at all rows to find them (docs/lake.md argues why
 * that is exact). Nothing is kept of tables that are loaded anew: their record begins before their next change.
 */
export class MonthNotes {
  private readonly document: MonthsDocument = {};

  /**
   * @param wanted whether there is a lake at all
   * @param known what the file says that the copy was made of
   * @param kept the oids of the tables of the file that are not part of this sync
   */
  constructor(
    private readonly copy: WorkingCopy,
    private readonly wanted: boolean,
    private readonly known: ReadonlyMap<string, KnownMonths>,
    kept: readonly string[],
  ) {
    for (const oid of wanted ? kept : []) {
      const record = known.get(oid)?.record;
      if (record != null) this.document[oid] = record;
    }
  }

  /** Looks at a table before it changes. @returns null for one that is loaded anew, or of which nothing can be kept */
  async before({ mode, source }: TablePlan, columns: readonly ColumnMapping[]): Promise<MonthsBefore | null> {
    const known = this.known.get(source.oid);
    if (!this.wanted || mode === 'full' || known === undefined || hidesRowid(source)) return null;
    const next = await nextRow(this.copy, duckdbTable(source.table));
    const record = known.record ?? newRecord(known.state, await this.count(source, columns, next));
    return record === null ? null : { record, next };
  }

  /** Notes what became of it. @param state as it is written down now */
  async after(
    before: MonthsBefore | null,
    { source }: TablePlan,
    columns: readonly ColumnMapping[],
    { result }: Synced,
    state: { readonly snapshot: string; readonly syncedAt: string },
  ): Promise<void> {
    if (before === null || result.mode === 'full') return;
    const isTouched = result.upserted > 0n || result.deleted > 0n;
    const counted = isTouched ? await this.count(source, columns, before.next) : null;
    const record = continued(before.record, stateName(state.snapshot, state.syncedAt), counted);
    if (record !== null) this.document[source.oid] = record;
  }

  /** For the file. */
  get all(): MonthsDocument {
    return this.document;
  }

  private async count(source: SourceTable, columns: readonly ColumnMapping[], next: bigint): Promise<CountedMonth[]> {
    const time = monthColumn(columns);
    const month =
      time === null ? `'${WHOLE}'` : `coalesce(${monthSql(quoteIdentifier(time.name))}::VARCHAR, '${NO_TIME}')`;
    const rows = await this.copy.all<Record<'month' | 'n' | 'fresh', string>>(
      `SELECT ${month} AS month, count(*)::VARCHAR AS n, count(*) FILTER (WHERE rowid >= ${next})::VARCHAR AS fresh FROM ${duckdbTable(source.table)} GROUP BY 1`,
    );
    return rows.map(({ month: name, n, fresh }) => ({ month: name, rows: BigInt(n), fresh: BigInt(fresh) }));
  }
}
