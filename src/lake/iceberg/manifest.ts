import { type AvroField, type AvroRecord, type AvroSchema, readAvro, writeAvro } from './avro.ts';
import type { PartitionSpec } from './metadata.ts';
import type { IcebergSchema } from './schema.ts';

/** What a manifest says of one Parquet file. Counts and bounds are by field id. */
export interface DataFile {
  readonly path: string;
  /** Months since 1970; null for rows without a time, undefined in a table without partitions. */
  readonly month: number | null | undefined;
  readonly rows: bigint;
  readonly bytes: bigint;
  readonly columnSizes: ReadonlyMap<number, bigint>;
  readonly valueCounts: ReadonlyMap<number, bigint>;
  readonly nullCounts: ReadonlyMap<number, bigint>;
  readonly lowerBounds: ReadonlyMap<number, Buffer>;
  readonly upperBounds: ReadonlyMap<number, Buffer>;
}

export const STATUS = { existing: 0, added: 1, deleted: 2 } as const;

export interface ManifestEntry {
  readonly status: number;
  readonly snapshotId: bigint;
  readonly sequenceNumber: bigint;
  readonly fileSequenceNumber: bigint;
  readonly file: DataFile;
}

const field = (id: number, name: string, type: AvroSchema): AvroField => ({ name, type, 'field-id': id });
const optional = (id: number, name: string, type: AvroSchema): AvroField => ({
  ...field(id, name, ['null', type]),
  default: null,
});

/** A map with whole numbers as keys: Iceberg writes it as an array of pairs. */
function pairs(keyId: number, valueId: number, value: AvroSchema): AvroSchema {
  const fields = [field(keyId, 'key', 'int'), field(valueId, 'value', value)];
  const items = { type: 'record' as const, name: `k${keyId}_v${valueId}`, fields };
  return { type: 'array', logicalType: 'map', items };
}

function entrySchema(spec: PartitionSpec): AvroSchema {
  const partition = spec.fields.map(({ name, 'field-id': id }) => optional(id, name, 'int'));
  const file: AvroField[] = [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    field(102, 'partition', { type: 'record', name: 'r102', fields: partition }),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    optional(108, 'column_sizes', pairs(117, 118, 'long')),
    optional(109, 'value_counts', pairs(119, 120, 'long')),
    optional(110, 'null_value_counts', pairs(121, 122, 'long')),
    optional(125, 'lower_bounds', pairs(126, 127, 'bytes')),
    optional(128, 'upper_bounds', pairs(129, 130, 'bytes')),
    optional(140, 'sort_order_id', 'int'),
  ];
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      field(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      field(2, 'data_file', { type: 'record', name: 'r2', fields: file }),
    ],
  };
}

/** @param sortOrderId the order in which the files are sorted */
export function writeManifest(
  entries: readonly ManifestEntry[],
  schema: IcebergSchema,
  spec: PartitionSpec,
  sortOrderId: number,
): Buffer {
  const rows = entries.map(({ status, snapshotId, sequenceNumber, fileSequenceNumber, file }) => ({
    status,
    snapshot_id: snapshotId,
    sequence_number: sequenceNumber,
    file_sequence_number: fileSequenceNumber,
    data_file: fileRecord(file, spec, sortOrderId),
  }));
  return writeAvro(entrySchema(spec), rows, {
    schema: JSON.stringify(schema),
    'schema-id': String(schema['schema-id']),
    'partition-spec': JSON.stringify(spec.fields),
    'partition-spec-id': String(spec['spec-id']),
    'format-version': '2',
    content: 'data',
  });
}

function fileRecord(file: DataFile, spec: PartitionSpec, sortOrderId: number): AvroRecord {
  const entries = <T extends bigint | Buffer>(map: ReadonlyMap<number, T>) =>
    [...map].map(([key, value]) => ({ key, value }));
  return {
    content: 0,
    file_path: file.path,
    file_format: 'PARQUET',
    partition: Object.fromEntries(spec.fields.map(({ name }) => [name, file.month ?? null])),
    record_count: file.rows,
    file_size_in_bytes: file.bytes,
    column_sizes: entries(file.columnSizes),
    value_counts: entries(file.valueCounts),
    null_value_counts: entries(file.nullCounts),
    lower_bounds: entries(file.lowerBounds),
    upper_bounds: entries(file.upperBounds),
    sort_order_id: sortOrderId,
  };
}

/** @throws Error when it is no manifest of version 2 of data files */
export function readManifest(content: Buffer): ManifestEntry[] {
  return readAvro(content).rows.map((row) => {
    const file = row['data_file'] as AvroRecord;
    const partition = Object.values(file['partition'] as AvroRecord);
    const map = <T>(name: string): Map<number, T> => {
      const list = (file[name] ?? []) as readonly { key: number; value: T }[];
      return new Map(list.map(({ key, value }) => [key, value]));
    };
    return {
      status: row['status'] as number,
      snapshotId: (row['snapshot_id'] ?? 0n) as bigint,
      sequenceNumber: (row['sequence_number'] ?? 0n) as bigint,
      fileSequenceNumber: (row['file_sequence_number'] ?? 0n) as bigint,
      file: {
        path: file['file_path'] as string,
        month: partition.length === 0 ? undefined : (partition[0] as number | null),
        rows: file['record_count'] as bigint,
        bytes: file['file_size_in_bytes'] as bigint,
        columnSizes: map<bigint>('column_sizes'),
        valueCounts: map<bigint>('value_counts'),
        nullCounts: map<bigint>('null_value_counts'),
        lowerBounds: map<Buffer>('lower_bounds'),
        upperBounds: map<Buffer>('upper_bounds'),
      },
    };
  });
}
