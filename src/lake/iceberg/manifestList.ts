import { type AvroField, type AvroRecord, type AvroSchema, readAvro, writeAvro } from './avro.ts';
import { type ManifestEntry, STATUS } from './manifest.ts';

/** One manifest, as the list of a snapshot's manifests describes it. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: bigint;
  readonly specId: number;
  readonly sequenceNumber: bigint;
  readonly minSequenceNumber: bigint;
  readonly addedSnapshotId: bigint;
  readonly files: { readonly added: number; readonly existing: number; readonly deleted: number };
  readonly rows: { readonly added: bigint; readonly existing: bigint; readonly deleted: bigint };
  /** Bounds of the month; null in a table without partitions. */
  readonly months: {
    readonly hasNull: boolean;
    readonly least: number | null;
    readonly greatest: number | null;
  } | null;
}

const field = (id: number, name: string, type: AvroSchema): AvroField => ({ name, type, 'field-id': id });

const SUMMARY: AvroSchema = {
  type: 'record',
  name: 'r508',
  fields: [
    field(509, 'contains_null', 'boolean'),
    { ...field(518, 'contains_nan', ['null', 'boolean']), default: null },
    { ...field(510, 'lower_bound', ['null', 'bytes']), default: null },
    { ...field(511, 'upper_bound', ['null', 'bytes']), default: null },
  ],
};

const MANIFEST_FILE: AvroSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
    { ...field(507, 'partitions', ['null', { type: 'array', items: SUMMARY, 'element-id': 508 }]), default: null },
  ],
};

/** Describes a manifest that was just written. @param partitioned whether the entries have months */
export function describeManifest(
  entries: readonly ManifestEntry[],
  written: { path: string; bytes: bigint; specId: number; sequenceNumber: bigint; snapshotId: bigint },
  partitioned: boolean,
): ManifestFile {
  const of = (status: number): ManifestEntry[] => entries.filter((entry) => entry.status === status);
  const [added, existing, deleted] = [of(STATUS.added), of(STATUS.existing), of(STATUS.deleted)];
  const rows = (list: readonly ManifestEntry[]): bigint => list.reduce((sum, { file }) => sum + file.rows, 0n);
  const months = entries.flatMap(({ file }) => (typeof file.month === 'number' ? [file.month] : []));
  const live = [...added, ...existing].map((entry) => Number(entry.sequenceNumber));
  return {
    path: written.path,
    bytes: written.bytes,
    specId: written.specId,
    sequenceNumber: written.sequenceNumber,
    minSequenceNumber: BigInt(live.reduce((a, b) => Math.min(a, b), Number(written.sequenceNumber))),
    addedSnapshotId: written.snapshotId,
    files: { added: added.length, existing: existing.length, deleted: deleted.length },
    rows: { added: rows(added), existing: rows(existing), deleted: rows(deleted) },
    months: partitioned
      ? {
          hasNull: entries.some(({ file }) => file.month === null),
          least: months.length === 0 ? null : months.reduce((a, b) => Math.min(a, b)),
          greatest: months.length === 0 ? null : months.reduce((a, b) => Math.max(a, b)),
        }
      : null,
  };
}

export function writeManifestList(
  manifests: readonly ManifestFile[],
  snapshot: { id: bigint; parentId: bigint | null; sequenceNumber: bigint },
): Buffer {
  return writeAvro(MANIFEST_FILE, manifests.map(toRecord), {
    'snapshot-id': String(snapshot.id),
    'parent-snapshot-id': snapshot.parentId === null ? 'null' : String(snapshot.parentId),
    'sequence-number': String(snapshot.sequenceNumber),
    'format-version': '2',
  });
}

function toRecord(manifest: ManifestFile): AvroRecord {
  const { files, rows, months } = manifest;
  const month = (value: number | null): Buffer | null => {
    if (value === null) return null;
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  };
  return {
    manifest_path: manifest.path,
    manifest_length: manifest.bytes,
    partition_spec_id: manifest.specId,
    content: 0,
    sequence_number: manifest.sequenceNumber,
    min_sequence_number: manifest.minSequenceNumber,
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: files.added,
    existing_files_count: files.existing,
    deleted_files_count: files.deleted,
    added_rows_count: rows.added,
    existing_rows_count: rows.existing,
    deleted_rows_count: rows.deleted,
    partitions:
      months === null
        ? []
        : [
            {
              contains_null: months.hasNull,
              contains_nan: false,
              lower_bound: month(months.least),
              upper_bound: month(months.greatest),
            },
          ],
  };
}

/** @throws Error when it is no list of manifests */
export function readManifestList(content: Buffer): ManifestFile[] {
  return readAvro(content).rows.map((row) => {
    const [summary] = (row['partitions'] ?? []) as readonly AvroRecord[];
    const month = (value: unknown): number | null =>
      value instanceof Uint8Array ? Buffer.from(value).readInt32LE() : null;
    return {
      path: row['manifest_path'] as string,
      bytes: row['manifest_length'] as bigint,
      specId: row['partition_spec_id'] as number,
      sequenceNumber: row['sequence_number'] as bigint,
      minSequenceNumber: row['min_sequence_number'] as bigint,
      addedSnapshotId: row['added_snapshot_id'] as bigint,
      files: {
        added: row['added_files_count'] as number,
        existing: row['existing_files_count'] as number,
        deleted: row['deleted_files_count'] as number,
      },
      rows: {
        added: row['added_rows_count'] as bigint,
        existing: row['existing_rows_count'] as bigint,
        deleted: row['deleted_rows_count'] as bigint,
      },
      months:
        summary === undefined
          ? null
          : {
              hasNull: summary['contains_null'] === true,
              least: month(summary['lower_bound']),
              greatest: month(summary['upper_bound']),
            },
    };
  });
}
