import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { Commit } from '../../lake/commit.ts';
import { currentSchema, currentSpec } from '../../lake/iceberg/metadata.ts';
import { type Evolution, evolveSchema, type FieldNumbers } from '../../lake/iceberg/schema.ts';
import { clearDeadRuns } from '../../lake/journal.ts';
import { monthColumn } from '../../lake/months.ts';
import { type LaidOut, layOut, NUMBERS_PROPERTY } from '../../lake/nextMetadata.ts';
import { type LakeState, type StateColumn, stateOf } from '../../lake/state.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { findVersion, type LakeTable, loadTable, pointTo, readMetadata } from '../../lake/table.ts';
import { type FileSource, isOtherSource, sourceText } from '../../model/fileSource.ts';

/** A table of the lake as a run finds it, and how its next snapshot will be laid out. */
export interface Prepared {
  /** Null for one that is not there yet. */
  readonly table: LakeTable | null;
  /** What its newest snapshot says; null when there is none. */
  readonly state: LakeState | null;
  readonly evolution: Evolution;
  readonly laidOut: LaidOut;
  /** Columns by which rows are sorted within a file. */
  readonly sort: readonly string[];
  /** Whether no file of it can stay. */
  readonly anew: boolean;
}

/** What the lake must know of a table's rows before it reads them. */
export interface Described {
  readonly columns: readonly StateColumn[];
  readonly key: readonly string[] | null;
  /** Whose rows they are; null when nobody knows. */
  readonly owner: FileSource | null;
}

/**
 * Reads the table, after ending what killed runs began, and brings its pointer up to date.
 * @param rebuild everything is to be written anew, whatever is there
 * @param mode what its parts are to be: a table of the other kind is written anew
 * @throws FinanceDbError LAKE_NOT_OURS, OTHER_SOURCE, LAKE_UNREADABLE, LAKE_STORE
 */
export async function prepare(
  { store, rebuild }: Commit & { readonly rebuild: boolean },
  { columns, key, owner }: Described,
  mode: LakeState['mode'],
): Promise<Prepared> {
  const table = await openTable(store, rebuild);
  const state = table === null ? null : stateOf(table);
  if (!rebuild) requireOwnSource(store, state, owner);
  const evolution = evolve(table, columns);
  const month = monthColumn(columns)?.name ?? null;
  const sort = sortColumns(month, key ?? [], columns);
  const laidOut = layOut(table, evolution, { month, sort });
  const respec = table !== null && currentSpec(table.metadata)?.['spec-id'] !== laidOut.spec['spec-id'];
  const anew = rebuild || state === null || state.mode !== mode || evolution.rewrite || respec;
  return { table, state, evolution, laidOut, sort, anew };
}

/** A lake belongs to its source, as a DuckDB file does: another database's rows take their place only when that was asked for. */
function requireOwnSource(store: LakeStore, state: LakeState | null, source: FileSource | null): void {
  const stored = state?.about['source'];
  if (stored === undefined || source === null) return;
  const owner = JSON.parse(stored) as FileSource;
  if (!isOtherSource(owner, source)) return;
  throw new FinanceDbError(
    'OTHER_SOURCE',
    `${store.location} was published from ${sourceText(owner)}, and this would be ${sourceText(source)}`,
    {
      remedy: 'publish to another place (--to), or replace what is there with --rebuild',
      details: { location: store.location },
    },
  );
}

async function openTable(store: LakeStore, rebuild: boolean): Promise<LakeTable | null> {
  const table = rebuild ? await loadLeniently(store) : await loadTable(store);
  await clearDeadRuns(store, table?.version ?? 0);
  if (table === null) return null;
  await pointTo(store, table.version);
  if (table.metadata.location !== store.location)
    throw new FinanceDbError(
      'LAKE_NOT_OURS',
      `the table in ${store.location} says that it lies in ${table.metadata.location}: its files are named so, and engines look for them there`,
    );
  if (table.snapshot !== null && table.snapshot.summary['finance-db.postgres-snapshot'] === undefined && !rebuild)
    throw new FinanceDbError(
      'LAKE_NOT_OURS',
      `the newest snapshot of ${store.location} (${table.snapshot['snapshot-id']}) was written by another program`,
      { remedy: 'publish to another place (--to), or write the table anew with --rebuild' },
    );
  return table;
}

/** For a table that is written anew it does not matter that lists of its files are damaged. */
async function loadLeniently(store: LakeStore): Promise<LakeTable | null> {
  try {
    return await loadTable(store);
  } catch (error) {
    if (!isFinanceDbError(error) || error.code !== 'LAKE_UNREADABLE') throw error;
    const version = await findVersion(store);
    return { version, metadata: await readMetadata(store, version), snapshot: null, manifests: [], entries: [] };
  }
}

function evolve(table: LakeTable | null, stored: readonly StateColumn[]): Evolution {
  const columns = stored.map(({ name, duckdbType, number }) => ({ name, duckdbType, number: number ?? null }));
  const schema = table === null ? undefined : currentSchema(table.metadata);
  if (table === null || schema === undefined) return evolveSchema(columns, null);
  return evolveSchema(columns, {
    schema,
    lastColumnId: table.metadata['last-column-id'],
    numbers: JSON.parse(table.metadata.properties[NUMBERS_PROPERTY] ?? '{}') as FieldNumbers,
    nextSchemaId: table.metadata.schemas.reduce((most, known) => Math.max(most, known['schema-id']), 0) + 1,
  });
}

/** By time, so that a few days of a month are few row groups, and by key among equals. */
function sortColumns(month: string | null, key: readonly string[], columns: readonly StateColumn[]): string[] {
  const sortable = (name: string): boolean =>
    columns.some((column) => column.name === name && !column.duckdbType.endsWith('[]'));
  return [...(month === null ? [] : [month]), ...key.filter((name) => name !== month)].filter(sortable);
}
