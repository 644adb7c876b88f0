import type { Currencies } from '../../analytics/baseCurrency.ts';
import type { StateRow } from '../../duckdb/syncState.ts';
import { blocksIn, wholeRange } from '../../model/changedBlocks.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { changesNeedTransaction, type SyncMode, type TablePlan, type TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbSchema } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { VERSION } from '../../version.ts';
import { fullLoad, type LoadContext, type PartRows, partsIn } from './fullLoad.ts';
import { applyChanges } from './incremental.ts';
import { sumOf } from './packs.ts';
import type { TableResult, TableScan } from './syncRequest.ts';
import type { WalLook } from './unread.ts';

/** What came of one table. */
export interface Synced {
  readonly result: TableResult;
  /** How many rows each of its parts has; null when it was not looked at. */
  readonly parts: PartRows | null;
  /** What the rows that came say of the currency of normalized amounts; null when all rows have to be asked. */
  readonly arrived: Currencies | null;
  /** What is known now of the places of rows; null when what was known of them stays as it was. */
  readonly places: PlacesNow | null;
}

/** Of which parts the places of rows are known, as of now. */
export interface PlacesNow {
  readonly parts: ReadonlySet<string>;
  /** Rows that come to the file from now on have this number in DuckDB, or a later one. */
  readonly tail: bigint;
}

/** Types of DuckDB by which a file can be sorted so that a time finds its rows together. */
const TIMES = new Set(['DATE', 'TIMESTAMP', 'TIMESTAMPTZ']);

const NO_PLACES: PlacesNow = { parts: new Set(), tail: 0n };

/**
 * Brings one table of the working copy up to date, by its changes or by loading it anew, and writes down as of when it is.
 * @param state what the published file says of the table; null when that is of no use
 * @param look what the server's log tells of it
 */
export async function syncTable(
  context: LoadContext,
  plan: TablePlan,
  columns: readonly ColumnMapping[],
  state: TableState | null,
  look: WalLook,
): Promise<Synced> {
  const { source } = plan;
  const started = performance.now();
  const finish = (
    mode: SyncMode,
    reason: string,
    parts: PartRows | null,
    [upserted, deleted]: readonly [bigint, bigint],
    scan: TableScan | null = null,
    places: PlacesNow | null = null,
    arrived: Currencies | null = null,
  ): Synced => {
    const rows = parts === null ? (state?.rows ?? 0n) : sumOf(parts);
    const table = displayName(source.table);
    return {
      result: { table, mode, reason, rows, upserted, deleted, scan, seconds: secondsSince(started) },
      parts,
      arrived,
      places,
    };
  };
  if (plan.mode === 'none' && state !== null) return finish('none', plan.reason, null, [0n, 0n], null, null, new Map());
  let reason = plan.reason;
  if (plan.mode === 'incremental' && state !== null) {
    const outcome = await applyChanges(context, source, columns, state, plan.newLeaves, look);
    if (outcome.kind === 'applied') {
      const touched = outcome.upserted > 0n || outcome.deleted > 0n;
      if (!touched) reason = 'transactions since the last sync changed nothing in this table';
      return finish(
        'incremental',
        reason,
        outcome.rows,
        [outcome.upserted, outcome.deleted],
        scanOf(context, source, outcome.rows, look),
        placesNow(look, outcome.tail),
        outcome.arrived,
      );
    }
    reason = outcome.reason;
  }
  await context.copy.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(duckdbSchema(source.table))}`);
  const rows = await fullLoad(context, source, columns);
  return finish('full', reason, rows, [sumOf(rows), 0n], null, NO_PLACES);
}

function placesNow({ blocks, placed, forgets }: WalLook, tail: bigint | null): PlacesNow | null {
  if (blocks === null) return forgets ? NO_PLACES : null;
  return tail === null ? NO_PLACES : { parts: new Set([...blocks.keys(), ...placed]), tail };
}

function scanOf(
  context: LoadContext,
  source: SourceTable,
  rows: PartRows,
  { unread, blocks, why }: WalLook,
): TableScan {
  const parts = partsIn(context, source);
  const pages = parts.reduce((sum, part) => sum + part.pages, 0);
  const read = parts.map((part) => {
    if (unread.has(part.oid)) return 0;
    return blocksIn(blocks?.get(part.oid)?.ranges ?? wholeRange(), part.pages);
  });
  return {
    ...{ parts: rows.size, read: rows.size - unread.size },
    blocks: { all: pages, read: read.reduce((sum, own) => sum + own, 0) },
    why,
  };
}

/** What the table in the working copy is, and as of when: what the next sync and a validation go by. */
export function stateOf(
  context: LoadContext,
  plan: TablePlan,
  columns: readonly ColumnMapping[],
  result: TableResult,
  now: Date,
): StateRow {
  const { source } = plan;
  const time = dividingTime(source, columns);
  return {
    identity: context.snapshot.identity,
    tableOid: source.oid,
    fingerprint: plan.fingerprint,
    snapshot: context.snapshot.snapshotText,
    leaves: source.leaves.map((leaf) => leaf.oid),
    gated: changesNeedTransaction(source),
    key: source.key,
    columns: stateColumns(source, columns).map((column) =>
      column.name === time?.name ? { ...column, divides: true } : column,
    ),
    ...result,
    table: source.table,
    syncedAt: now.toISOString(),
    toolVersion: VERSION,
  };
}

/** The columns as the state keeps them; their numbers tell a renamed one from another: a lake goes by them. */
export function stateColumns(source: SourceTable, columns: readonly ColumnMapping[]): StateRow['columns'] {
  return columns.map(({ name, family, duckdbType, postgresType }, index) => ({
    ...{ name, family, duckdbType, postgresType },
    ...numberOf(source, index),
  }));
}

/** The time by whose ranges the source divides the table; null where it does not. A file that is written anew is sorted by it. */
export function dividingTime({ dividedBy }: SourceTable, columns: readonly ColumnMapping[]): ColumnMapping | null {
  return columns.find(({ name, duckdbType }) => name === dividedBy && TIMES.has(duckdbType)) ?? null;
}

function numberOf(source: SourceTable, index: number): { number?: number } {
  const number = source.columns[index]?.number;
  return number === undefined ? {} : { number };
}

/** Seconds since `started`, in milliseconds. */
export function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
