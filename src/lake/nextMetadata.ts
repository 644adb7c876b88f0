import type { Expiry } from './expire.ts';
import {
  type IcebergSnapshot,
  type PartitionSpec,
  type SortOrder,
  sortOrderFor,
  specFor,
  type TableMetadata,
} from './iceberg/metadata.ts';
import type { Evolution } from './iceberg/schema.ts';
import { STATE_PROPERTY } from './state.ts';
import { metadataKey, RUN_PROPERTY } from './table.ts';

/** Property that keeps the numbers of columns in PostgreSQL by field id: renamed ones are known by them. */
export const NUMBERS_PROPERTY = 'finance-db.column-numbers';

/** What is there before a change. */
export interface Base {
  readonly version: number;
  readonly metadata: TableMetadata;
}

/** How the rows of a table are laid out in files. */
export interface Layout {
  /** The column whose months are the partitions; null for a table without one. */
  readonly month: string | null;
  /** Columns that files are sorted by. */
  readonly sort: readonly string[];
}

export interface LaidOut {
  readonly evolution: Evolution;
  readonly spec: PartitionSpec;
  readonly specs: readonly PartitionSpec[];
  readonly lastPartitionId: number;
  readonly order: SortOrder;
  readonly orders: readonly SortOrder[];
}

/** Finds or makes the partition spec and the sort order of a schema. */
export function layOut(base: Base | null, evolution: Evolution, layout: Layout): LaidOut {
  const idOf = (name: string): number => evolution.schema.fields.find((field) => field.name === name)?.id ?? 0;
  const taken = new Set(evolution.schema.fields.map(({ name }) => name.toLowerCase()));
  const month = layout.month === null ? null : { sourceId: idOf(layout.month), name: `${layout.month}_month`, taken };
  const { spec, all, lastPartitionId } = specFor(base?.metadata['partition-specs'] ?? [], month);
  const sorted = sortOrderFor(base?.metadata['sort-orders'] ?? [], layout.sort.map(idOf));
  return { evolution, spec, specs: all, lastPartitionId, order: sorted.order, orders: sorted.all };
}

/** The metadata of a table that does not exist yet. */
export function newMetadata(uuid: string, location: string): TableMetadata {
  return {
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0,
    'last-updated-ms': 0,
    'last-column-id': 0,
    'current-schema-id': 0,
    schemas: [],
    'default-spec-id': 0,
    'partition-specs': [],
    'last-partition-id': 999,
    'default-sort-order-id': 0,
    'sort-orders': [],
    properties: { 'write.format.default': 'parquet', 'write.parquet.compression-codec': 'zstd' },
    'current-snapshot-id': -1,
    refs: {},
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
  };
}

/** Time as the metadata counts it, which may never run backwards. */
export function nextMoment(metadata: TableMetadata, now: Date): number {
  return Math.max(now.getTime(), metadata['last-updated-ms'] + 1);
}

/** Metadata that says the same, but for properties and what has expired. */
export function withProperties(
  { version, metadata }: Base,
  change: { run: string; moment: number; properties: Readonly<Record<string, string>>; expiry: Expiry | null },
): TableMetadata {
  const { run, moment, expiry } = change;
  const gone = new Set((expiry?.snapshots ?? []).map((snapshot) => snapshot['snapshot-id']));
  const log = expiry?.metadataLog ?? metadata['metadata-log'];
  const previous = {
    'timestamp-ms': metadata['last-updated-ms'],
    'metadata-file': `${metadata.location}/${metadataKey(version)}`,
  };
  return {
    ...metadata,
    'last-updated-ms': moment,
    properties: { ...metadata.properties, ...change.properties, [RUN_PROPERTY]: run },
    snapshots: metadata.snapshots.filter((snapshot) => !gone.has(snapshot['snapshot-id'])),
    'snapshot-log': metadata['snapshot-log'].filter((entry) => !gone.has(entry['snapshot-id'])),
    'metadata-log': version === 0 ? [] : [...log, previous],
  };
}

/** Metadata with one snapshot more, which becomes the current one. */
export function withSnapshot(metadata: TableMetadata, laidOut: LaidOut, snapshot: IcebergSnapshot): TableMetadata {
  const { evolution, spec, specs, lastPartitionId, order, orders } = laidOut;
  const { schema } = evolution;
  const known = metadata.schemas.some((other) => other['schema-id'] === schema['schema-id']);
  const id = snapshot['snapshot-id'];
  return {
    ...metadata,
    'last-sequence-number': snapshot['sequence-number'],
    'last-column-id': evolution.lastColumnId,
    'current-schema-id': schema['schema-id'],
    schemas: known ? metadata.schemas : [...metadata.schemas, schema],
    'default-spec-id': spec['spec-id'],
    'partition-specs': specs,
    'last-partition-id': lastPartitionId,
    'default-sort-order-id': order['order-id'],
    'sort-orders': orders,
    properties: { ...metadata.properties, [NUMBERS_PROPERTY]: JSON.stringify(evolution.numbers) },
    'current-snapshot-id': id,
    refs: { ...metadata.refs, main: { 'snapshot-id': id, type: 'branch' } },
    snapshots: [...metadata.snapshots.map(withoutState), snapshot],
    'snapshot-log': [...metadata['snapshot-log'], { 'timestamp-ms': snapshot['timestamp-ms'], 'snapshot-id': id }],
  };
}

/** Only the newest state counts, and it is long: histories of thousands of snapshots would be mostly that. */
function withoutState(snapshot: IcebergSnapshot): IcebergSnapshot {
  if (!(STATE_PROPERTY in snapshot.summary)) return snapshot;
  const { [STATE_PROPERTY]: _state, ...summary } = snapshot.summary;
  return { ...snapshot, summary };
}
