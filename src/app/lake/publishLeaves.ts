import { createHash } from 'node:crypto';
import { copyColumns, createTableSql } from '../../duckdb/loader.ts';
import { sampleRowsSql } from '../../duckdb/sampleTables.ts';
import { STATE_FORMAT } from '../../duckdb/syncState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { type LakeState, sameColumns, sameCurrency, type UnitState } from '../../lake/state.ts';
import type { LakeTable } from '../../lake/table.ts';
import type { FileSource } from '../../model/fileSource.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SampleTable } from '../../model/sampleRows.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { changesNeedTransaction, planTable, type TablePlan } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import { type ColumnMapping, mapColumns } from '../../model/typeMapping.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import { VERSION } from '../../version.ts';
import { copyRows, cutRows, type LoadContext, partsIn } from '../sync/fullLoad.ts';
import { stateColumns } from '../sync/syncTable.ts';
import { asTableState } from './lakeCopy.ts';
import { loadedBytesPerRow } from './loadedSize.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { TableOutcome } from './result.ts';
import type { RowSource } from './source.ts';
import { readUnits, type Unit } from './units.ts';
import { type PublishContext, unchanged, unitOf, type WriteUnits, writeAndCommit } from './writeAndCommit.ts';

/** A publication that reads PostgreSQL itself, in one snapshot of it. */
export interface LeafContext extends Omit<PublishContext, 'copy'> {
  readonly copy: WorkingCopy;
  readonly load: LoadContext;
  readonly source: FileSource;
  /** What the lake is to say of the currency of its sums, by what it said before. */
  readonly label: (source: SourceTable, before: LakeState | null) => Promise<Readonly<Record<string, string>>>;
}

/** Where the rows of one leaf are while they are written. */
const LEAF = 'main.finance_db_leaf';

/**
 * Makes a table of the lake equal to PostgreSQL's: leaves in which a row changed are read and replaced as wholes, one after the
 * other, so that no more than the largest of them is on this machine at once. A table without partitions is one leaf.
 *
 * A leaf stays when none of its rows has an xmin that the lake's snapshot did not see as ended, and it has as many as then: the
 * rows that are seen now were all seen then (docs/sync.md), and as many of them are the same ones.
 * @throws FinanceDbError LAKE_CONFLICT, LAKE_NOT_OURS, OTHER_SOURCE, VALUE_REFUSED, the PG_ family; nothing was published then
 */
export async function publishLeaves(context: LeafContext, source: SourceTable): Promise<TableOutcome> {
  const name = displayName(source.table);
  const columns = mapColumns(source);
  const described = { columns: stateColumns(source, columns), key: source.key, owner: context.source };
  const prepared = await prepare(context, described, 'source');
  const { table, state, anew, evolution } = prepared;
  const plan = planTable(source, anew || state === null ? null : asTableState(state), context.load.snapshot, anew);
  const label = await context.label(source, state);
  const evolves =
    evolution.changes.length > 0 ||
    (state !== null && !(sameCurrency(state.about, label) && sameColumns(state.columns, described.columns)));
  if (table !== null && plan.mode === 'none' && !evolves) return unchanged(name, context, table);
  const parts = partsIn(context.load, source);
  context.onStep(`${name}: looking for changed leaves`);
  const looked = plan.mode === 'full' ? parts : await changedLeaves(context, parts, plan, prepared);
  const version = await duckdbVersion(context.copy);
  const known = anew || state?.duckdb !== version ? {} : state.units;
  const live = (table?.entries ?? []).map(({ file }) => file.path);
  const outcome = await writeAndCommit(context, prepared, name, async (write) => {
    const units: Record<string, UnitState> = {};
    const written = new Set<string>();
    for (const part of parts) {
      const leaf = leafName(part.oid);
      const before = state?.units[leaf];
      if (before !== undefined && !looked.includes(part)) units[leaf] = before;
      else {
        const done = await writeLeaf(context, source, columns, part, known[leaf], write);
        units[leaf] = done.state;
        if (done.written) written.add(leaf);
      }
    }
    const gone = (leaf: string): boolean => written.has(leaf) || units[leaf] === undefined;
    const removed = new Set(live.filter((path) => table !== null && gone(unitOf(table, path))));
    if (table !== null && written.size === 0 && removed.size === 0 && !evolves) return null;
    return {
      state: { ...stateAfter(context, plan, columns, units, label), duckdb: version },
      ...{ removed, changed: written.size, all: parts.length },
    };
  });
  return outcome ?? unchanged(name, context, table as LakeTable);
}

async function duckdbVersion(copy: WorkingCopy): Promise<string> {
  const [row] = await copy.all<{ version: string }>('SELECT version() AS version');
  return row?.version ?? '';
}

/** As folders and the state call it. */
function leafName(oid: string): string {
  return `leaf-${oid}`;
}

/** So many leaves are counted by one query. */
const MOST_TOGETHER = 100;

async function changedLeaves(
  { load, signal }: LeafContext,
  parts: readonly Part[],
  { newLeaves }: TablePlan,
  { state }: Prepared,
): Promise<Part[]> {
  if (state === null) return [...parts];
  const condition = changedSince(asTableState(state).snapshot, newLeaves);
  const changed: Part[] = [];
  for (let from = 0; from < parts.length; from += MOST_TOGETHER) {
    signal.throwIfAborted();
    const some = parts.slice(from, from + MOST_TOGETHER);
    const queries = some.map(
      (part, index) =>
        `SELECT ${index} AS leaf, count(*) AS rows, count(*) FILTER (WHERE ${condition}) AS changed FROM ${part.from}`,
    );
    const counts = await load.snapshot.session.query<{ rows: string; changed: string }>(
      `${queries.join(' UNION ALL ')} ORDER BY leaf`,
    );
    for (const [index, part] of some.entries()) {
      const count = counts[index];
      if (count?.changed !== '0' || count.rows !== state.units[leafName(part.oid)]?.rows) changed.push(part);
    }
  }
  return changed;
}

/** Reads one leaf into DuckDB and writes its months, unless all of its rows are what they were. */
async function writeLeaf(
  context: LeafContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  part: Part,
  before: UnitState | undefined,
  write: WriteUnits,
): Promise<{ state: UnitState; written: boolean }> {
  const { copy, load } = context;
  const leaf = leafName(part.oid);
  await copy.run('BEGIN TRANSACTION');
  await copy.run(createTableSql(LEAF, columns));
  const rows = await copyRows(
    load,
    { into: LEAF, displayName: displayName(source.table), columns, key: source.key },
    cutParts([part], load.jobs, false)
      .flat()
      .map((cut) => `SELECT ${copyColumns(columns)} FROM ${cutRows([part], cut)}`),
  );
  await copy.run('COMMIT');
  const loaded: RowSource = {
    ...{ table: source.table, from: LEAF, columns: stateColumns(source, columns), key: source.key },
  };
  const units = await readUnits(copy, loaded);
  const digest = digestOf(units);
  const written = before?.rows !== String(rows) || before.digest !== digest;
  if (written)
    await write(
      loaded,
      units.map((unit) => ({ ...unit, leaf })),
      await loadedBytesPerRow(copy, BigInt(rows)),
    );
  const sql = sampleRowsSql(LEAF, columns);
  const [sample] = sql === null ? [] : await copy.all<{ sample: string }>(sql);
  const sampleRows = Number(sample?.sample ?? 0);
  await copy.run(`DROP TABLE ${LEAF}`);
  // The space of this leaf is that of the next.
  await copy.run('CHECKPOINT');
  return { state: { rows: String(rows), digest, ...(sampleRows === 0 ? {} : { sampleRows }) }, written };
}

/** One digest of those of a leaf's months. */
function digestOf(units: readonly Unit[]): string {
  const months = units.map(({ name, digest }) => `${name} ${digest}`).sort();
  return createHash('sha256').update(months.join('\n')).digest('base64');
}

function stateAfter(
  { load, source: owner, now }: LeafContext,
  { source, fingerprint }: TablePlan,
  columns: readonly ColumnMapping[],
  units: LakeState['units'],
  label: Readonly<Record<string, string>>,
): Omit<LakeState, 'duckdb'> {
  const { snapshot } = load;
  const rows = Object.values(units).reduce((sum, unit) => sum + BigInt(unit.rows), 0n);
  const sampleRows = Object.values(units).reduce((sum, unit) => sum + (unit.sampleRows ?? 0), 0);
  const sample: SampleTable[] =
    sampleRows === 0 ? [] : [{ table: displayName(source.table), sampleRows, rows: Number(rows) }];
  return {
    ...{ mode: 'source', schema: source.table.schema, name: source.table.name },
    ...{ identity: snapshot.identity, tableOid: source.oid, fingerprint, snapshot: snapshot.snapshotText },
    leaves: source.leaves.map(({ oid }) => oid),
    gated: changesNeedTransaction(source),
    ...{ key: source.key, columns: stateColumns(source, columns), rows: String(rows), syncedAt: now.toISOString() },
    about: {
      ...{ format: STATE_FORMAT, sample: 'false', tool: VERSION, source: JSON.stringify(owner) },
      ...label,
      ...(sample.length === 0 ? {} : { sample_tables: JSON.stringify(sample) }),
    },
    units,
  };
}
