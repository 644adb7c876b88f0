import { type LakeState, sameColumns, sameCurrency, type UnitState } from '../../lake/state.ts';
import type { FileSource } from '../../model/fileSource.ts';
import { displayName } from '../../model/tableName.ts';
import { prepare } from './prepare.ts';
import type { TableOutcome } from './result.ts';
import { type LakeSource, rowsOfSource } from './source.ts';
import { touchedUnits } from './touchedUnits.ts';
import { readUnits, type Unit } from './units.ts';
import { type PublishContext, unchanged, unitOf, writeAndCommit } from './writeAndCommit.ts';

/**
 * Makes a table of the lake equal to `source` in the DuckDB file: files of the months whose rows changed are replaced, in one
 * snapshot.
 * @throws FinanceDbError LAKE_CONFLICT, LAKE_NOT_OURS, VALUE_REFUSED …; nothing was published then
 */
export async function publishTable(context: PublishContext, source: LakeSource): Promise<TableOutcome> {
  const { copy } = context;
  const name = displayName(source.table);
  const prepared = await prepare(
    context,
    { columns: source.columns, key: source.state.key, owner: ownerOf(source) },
    'file',
  );
  const { table, state, evolution, anew } = prepared;
  // What it is called counts, too: sums through the lake are of the currency that the file names.
  const evolves =
    evolution.changes.length > 0 ||
    (state !== null &&
      !(sameCurrency(state.about, source.state.about) && sameColumns(state.columns, source.state.columns)));
  if (table !== null && !anew && !evolves && isSameState(state, source)) return unchanged(name, context, table);
  context.onStep(`${name}: looking for changed months`);
  const rows = rowsOfSource(source);
  const known = anew || state?.duckdb !== source.state.duckdb ? {} : state.units;
  const units = (await touchedUnits(copy, source, state, known)) ?? (await readUnits(copy, rows));
  const changed = units.filter((unit) => !isSameUnit(known[unit.name], unit));
  const stays = new Set(units.filter((unit) => !changed.includes(unit)).map((unit) => unit.name));
  const live = (table?.entries ?? []).map(({ file }) => file.path);
  const removed = new Set(live.filter((path) => table !== null && !stays.has(unitOf(table, path))));
  if (table !== null && changed.length === 0 && removed.size === 0 && !evolves) return unchanged(name, context, table);
  const next: LakeState = {
    ...source.state,
    mode: 'file',
    units: Object.fromEntries(units.map(({ name: unit, rows, digest }) => [unit, { rows, digest }])),
  };
  return writeAndCommit(context, prepared, name, async (write) => {
    await write(rows, changed);
    return { state: next, removed, changed: changed.length, all: units.length };
  });
}

function ownerOf({ state }: LakeSource): FileSource | null {
  const stored = state.about['source'];
  return stored === undefined ? null : (JSON.parse(stored) as FileSource);
}

/** Whether the lake was made from this very state of the table. */
function isSameState(state: LakeState | null, { state: now }: LakeSource): boolean {
  return (
    state !== null &&
    now.gated &&
    state.snapshot === now.snapshot &&
    state.tableOid === now.tableOid &&
    state.fingerprint === now.fingerprint &&
    state.syncedAt === now.syncedAt &&
    JSON.stringify(state.identity) === JSON.stringify(now.identity)
  );
}

function isSameUnit(known: UnitState | undefined, unit: Unit): boolean {
  return known?.rows === unit.rows && known.digest === unit.digest;
}
