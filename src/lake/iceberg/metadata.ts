import type { IcebergSchema } from './schema.ts';

export interface PartitionSpec {
  readonly 'spec-id': number;
  readonly fields: readonly {
    readonly 'source-id': number;
    readonly 'field-id': number;
    readonly name: string;
    readonly transform: string;
  }[];
}

export interface SortOrder {
  readonly 'order-id': number;
  readonly fields: readonly {
    readonly transform: 'identity';
    readonly 'source-id': number;
    readonly direction: 'asc';
    readonly 'null-order': 'nulls-last';
  }[];
}

export interface IcebergSnapshot {
  readonly 'snapshot-id': number;
  readonly 'parent-snapshot-id'?: number;
  readonly 'sequence-number': number;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly summary: Readonly<Record<string, string>>;
  readonly 'schema-id'?: number;
}

/** A table's metadata of format version 2: what `vN.metadata.json` holds. */
export interface TableMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': number;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly 'current-schema-id': number;
  readonly schemas: readonly IcebergSchema[];
  readonly 'default-spec-id': number;
  readonly 'partition-specs': readonly PartitionSpec[];
  readonly 'last-partition-id': number;
  readonly 'default-sort-order-id': number;
  readonly 'sort-orders': readonly SortOrder[];
  readonly properties: Readonly<Record<string, string>>;
  readonly 'current-snapshot-id': number;
  readonly refs: Readonly<Record<string, { readonly 'snapshot-id': number; readonly type: 'branch' | 'tag' }>>;
  readonly snapshots: readonly IcebergSnapshot[];
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': number }[];
  readonly 'metadata-log': readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[];
}

/** Ids of partition fields begin here, as Iceberg's own do. */
export const FIRST_PARTITION_ID = 1000;

export function currentSchema(metadata: TableMetadata): IcebergSchema | undefined {
  return metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id']);
}

export function currentSpec(metadata: TableMetadata): PartitionSpec | undefined {
  return metadata['partition-specs'].find((spec) => spec['spec-id'] === metadata['default-spec-id']);
}

export function currentSnapshot(metadata: TableMetadata): IcebergSnapshot | undefined {
  return metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id']);
}

/**
 * The metadata that a file holds.
 * @throws Error when it is none of version 2, or when ids of another writer are too large to be kept exactly
 */
export function parseMetadata(text: string): TableMetadata {
  if (/"(?:parent-|current-)?snapshot-id"\s*:\s*-?\d{16,}/.test(text))
    throw new Error('another program has written snapshots to the table');
  const metadata = JSON.parse(text) as TableMetadata;
  if (metadata['format-version'] !== 2) throw new Error(`it is of format version ${metadata['format-version']}, not 2`);
  return metadata;
}

/** An id that JSON's numbers hold exactly. */
export function newSnapshotId(random: () => number = Math.random): number {
  return 1_000_000 + Math.floor(random() * 2 ** 49);
}

/** Ids only need to differ: specs and orders that are there already keep theirs. */
export function specFor(
  known: readonly PartitionSpec[],
  month: { sourceId: number; name: string; taken: ReadonlySet<string> } | null,
): { spec: PartitionSpec; all: readonly PartitionSpec[]; lastPartitionId: number } {
  const same = (spec: PartitionSpec): boolean =>
    month === null
      ? spec.fields.length === 0
      : spec.fields.length === 1 &&
        spec.fields[0]?.['source-id'] === month.sourceId &&
        spec.fields[0]?.transform === 'month' &&
        !month.taken.has(spec.fields[0].name.toLowerCase());
  const lastId = known.flatMap(({ fields }) => fields).reduce((most, f) => Math.max(most, f['field-id']), 999);
  const found = known.find(same);
  if (found !== undefined) return { spec: found, all: known, lastPartitionId: lastId };
  const id = known.reduce((most, spec) => Math.max(most, spec['spec-id']), -1) + 1;
  const fieldId = Math.max(FIRST_PARTITION_ID, lastId + 1);
  const fields =
    month === null
      ? []
      : [{ 'source-id': month.sourceId, 'field-id': fieldId, name: freeName(month), transform: 'month' as const }];
  const spec = { 'spec-id': id, fields };
  return { spec, all: [...known, spec], lastPartitionId: month === null ? lastId : fieldId };
}

/** Engines refuse a table whose partition is called like one of its columns, whatever the case. */
function freeName({ name, taken }: { readonly name: string; readonly taken: ReadonlySet<string> }): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}_${number}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** @param sourceIds fields in the order that files are sorted by */
export function sortOrderFor(
  known: readonly SortOrder[],
  sourceIds: readonly number[],
): { order: SortOrder; all: readonly SortOrder[] } {
  const fields = sourceIds.map((id) => ({
    transform: 'identity' as const,
    'source-id': id,
    direction: 'asc' as const,
    'null-order': 'nulls-last' as const,
  }));
  const found = known.find((order) => JSON.stringify(order.fields) === JSON.stringify(fields));
  if (found !== undefined) return { order: found, all: known };
  // Order 0 means unsorted.
  const last = known.reduce((most, order) => Math.max(most, order['order-id']), 0);
  const order = { 'order-id': fields.length === 0 ? 0 : last + 1, fields };
  return { order, all: [...known, order] };
}
