import { rememberFreshSql } from '../../duckdb/compact.ts';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { carryFollowStateSql } from '../../duckdb/followState.ts';
import type { PlacedTable } from '../../duckdb/movedRows.ts';
import { dropOtherPlaces } from '../../duckdb/places.ts';
import {
  type KnownParts,
  rememberDeletesSql,
  rememberMonthsSql,
  rememberPartsSql,
  rememberSourceSql,
  STATE_DDL,
  STATE_FORMAT,
} from '../../duckdb/syncState.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { deletesOf } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { duckdbTable, STATE_SCHEMA } from '../../model/tableName.ts';
import { type CheckpointMark, keepMarks } from '../../model/walSummaries.ts';
import { parseSnapshot } from '../../model/watermark.ts';
import type { PgServer } from '../../postgres/server.ts';
import { VERSION } from '../../version.ts';
import { nameBadText } from './badText.ts';
import { labelledTable, type Relabelled } from './baseCurrency.ts';
import type { LoadContext } from './fullLoad.ts';
import { MonthNotes } from './monthNotes.ts';
import { knownParts, knownPlaces, partsAfter, placesAfter, strayRows } from './partState.ts';
import { findState, isSame } from './published.ts';
import { sourceOf } from './syncedFrom.ts';
import type { SyncRequest, TableResult, TableWork } from './syncRequest.ts';
import { type Synced, stateOf, syncTable } from './syncTable.ts';
import { TableBatch } from './tableBatch.ts';
import type { WalLooks } from './unread.ts';

/** What a sync has found out before it writes. */
export interface Planned {
  readonly work: readonly TableWork[];
  readonly looks: WalLooks;
  /** The published file, where it is of use at all; null where nothing of it is. */
  readonly known: Extract<PublishedFile, { kind: 'ours' }> | null;
  /** Whether the copy was made of it; else it is new. */
  readonly keeps: boolean;
  /** Checkpoints of the source that were looked up, older first. */
  readonly marks: readonly CheckpointMark[];
}

/** What the published file says of a table; null when nothing of use. */
export function stateBefore(known: Planned['known'], { plan }: Pick<TableWork, 'plan'>): TableState | null {
  return known === null ? null : findState(known, plan.source.table);
}

export interface Written {
  readonly tables: TableResult[];
  readonly warnings: string[];
  readonly relabelled: Relabelled | null;
  readonly placed: readonly PlacedTable[];
}

/**
 * Brings all tables of the working copy up to date and writes what the next sync goes by, in a transaction that the caller ends.
 * @returns what came of each table, what somebody should know, what was done to the table whose amounts have a label, and which
 *   tables changed of which it is known where their rows lie
 */
export async function writeTables(
  request: SyncRequest,
  server: PgServer,
  context: LoadContext,
  planned: Planned,
): Promise<Written> {
  const { copy, snapshot } = context;
  const { work, looks, known, keeps } = planned;
  const kept = keeps && known !== null ? known.tables : [];
  const batch = new TableBatch(copy);
  await copy.run('BEGIN TRANSACTION');
  await describeFile(request, server, context, planned, kept);
  const tables: TableResult[] = [];
  const warnings: string[] = [];
  const label = labelledTable(request.config);
  let relabelled = untouched(kept.find((state) => label !== null && isSame(label, state)));
  const isOther = (state: TableState): boolean => !work.some(({ plan }) => isSame(plan.source.table, state));
  const parts: KnownParts[] = kept.flatMap(knownParts);
  const places: KnownParts[] = kept.filter(isOther).flatMap(knownPlaces);
  const placed: PlacedTable[] = [];
  const others = kept.filter(isOther).map(({ tableOid }) => tableOid);
  const months = new MonthNotes(copy, request.config.lake !== undefined, known?.months ?? new Map(), others);
  for (const { plan, columns } of work) {
    const state = stateBefore(known, { plan });
    const before = await months.before(plan, columns);
    const done = await syncTable(context, plan, columns, state, looks.of(plan.source.oid)).catch(
      async (error: unknown) => {
        throw await nameBadText(error, server, plan.source, columns);
      },
    );
    const now = stateOf(context, plan, columns, done.result, request.now());
    await months.after(before, plan, columns, done, now);
    await batch.add(now);
    tables.push(done.result);
    parts.push(...partsAfter(context, plan, state, done));
    const own = placesAfter(context, plan, columns, state, done);
    places.push(...own);
    const { upserted, deleted } = done.result;
    if (own.length > 0 && upserted + deleted > 0n)
      placed.push({
        ...{ tableOid: plan.source.oid, target: duckdbTable(plan.source.table) },
        near: own[0]?.tail ?? 0n,
      });
    warnings.push(...strayRows(plan, done));
    if (label !== null && isSame(label, plan.source.table))
      relabelled = relabelledBy(snapshot, { plan, columns }, state, done);
  }
  await batch.end();
  await copy.run(rememberMonthsSql(months.all));
  const held = [...kept, snapshot].map((state) => state.snapshot.xmin);
  held.push(...places.map((one) => parseSnapshot(one.snapshot).xmin));
  const [oldest = 0n] = held.sort((a, b) => Number(a - b));
  await copy.run(rememberPartsSql(parts, places, keepMarks([...(known?.marks ?? []), ...planned.marks], oldest)));
  await dropOtherPlaces(
    copy,
    places.map(({ tableOid }) => tableOid),
  );
  return { tables, warnings, relabelled, placed };
}

/** A table that the file has already, and that was not asked for. */
function untouched(state: TableState | undefined): Relabelled | null {
  if (state === undefined) return null;
  const { tableOid, snapshotText } = state;
  return { tableOid, before: snapshotText, now: snapshotText, columns: null, touched: false, arrived: null };
}

function relabelledBy(
  { snapshotText }: LoadContext['snapshot'],
  { plan: { source }, columns }: TableWork,
  state: TableState | null,
  { result, arrived }: Synced,
): Relabelled {
  const stored = columns.map(({ name, duckdbType }) => ({ name, type: duckdbType }));
  const touched = result.mode === 'full' || result.upserted > 0n || result.deleted > 0n;
  return {
    tableOid: source.oid,
    before: state?.snapshotText ?? null,
    now: snapshotText,
    columns: stored,
    touched,
    arrived,
  };
}

/** What the file says of itself, written anew but for what its other tables need. */
async function describeFile(
  { besideStream }: SyncRequest,
  server: PgServer,
  { copy, snapshot }: LoadContext,
  { work, known, keeps }: Planned,
  kept: readonly TableState[],
): Promise<void> {
  for (const statement of STATE_DDL) await copy.run(statement);
  await copy.run(`DELETE FROM ${STATE_SCHEMA}.about`);
  await copy.run(
    `INSERT INTO ${STATE_SCHEMA}.about VALUES ('format', ${quoteLiteral(STATE_FORMAT)}), ('sample', 'false'), ('tool', ${quoteLiteral(VERSION)})`,
  );
  await copy.run(rememberSourceSql(sourceOf(server, snapshot)));
  if (keeps && known !== null) {
    await copy.run(rememberFreshSql(known.fresh));
    if (besideStream === true && known.followed !== null) await copy.run(carryFollowStateSql(known.followed));
  }
  const read = work.map(({ plan: { source } }) => ({ deletes: deletesOf(source) }));
  await copy.run(rememberDeletesSql([...kept, ...read]));
}
