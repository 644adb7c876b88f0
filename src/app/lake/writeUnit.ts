import fs from 'node:fs';
import path from 'node:path';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { makeFolders } from '../../files/privateFile.ts';
import { boundBytes } from '../../lake/iceberg/bounds.ts';
import type { DataFile } from '../../lake/iceberg/manifest.ts';
import { type IcebergField, type IcebergSchema, toParquet } from '../../lake/iceberg/schema.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import type { RowSource } from './source.ts';
import type { Unit } from './units.ts';

/** Files of about this size: between the 128 and 256 MB that engines read best. */
export const FILE_BYTES = 192e6;
const MOST_BYTES = 256e6;

/** One file to be written. */
export interface PlannedFile {
  readonly unit: Unit;
  readonly key: string;
  /** SQL that is true for its rows. */
  readonly where: string;
}

/** What is known about a table before its files are written. */
export interface WritePlan {
  readonly source: RowSource;
  readonly schema: IcebergSchema;
  /** Columns by which rows are sorted within a file. */
  readonly sort: readonly string[];
}

/**
 * Names the files of the units, so that they can be noted before any of them is there. Units that would make too large a file are
 * cut along the column that they are sorted by.
 * @param bytesPerRow an estimate
 */
export async function planFiles(
  copy: Pick<WorkingCopy, 'all'>,
  { source, sort }: WritePlan,
  units: readonly Unit[],
  run: string,
  bytesPerRow: number,
  most = MOST_BYTES,
): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  for (const unit of units) {
    const bytes = Number(unit.rows) * bytesPerRow;
    const pieces = bytes > most ? Math.ceil(bytes / (most * 0.75)) : 1;
    const [first] = sort;
    const conditions =
      pieces === 1 || first === undefined ? ['true'] : await cut(copy, source, unit, quoteIdentifier(first), pieces);
    for (const [index, condition] of conditions.entries())
      planned.push({
        unit,
        key: `data/${unit.leaf === undefined ? `${unit.name}/${run}` : `${unit.leaf}/${run}-${unit.name}`}-${index}.parquet`,
        where: condition === 'true' ? unit.where : `${unit.where} AND ${condition}`,
      });
  }
  return planned;
}

/** Conditions that part the rows of a unit in about equal pieces; equal values stay together. */
async function cut(
  copy: Pick<WorkingCopy, 'all'>,
  source: RowSource,
  unit: Unit,
  column: string,
  pieces: number,
): Promise<string[]> {
  const shares = Array.from({ length: pieces - 1 }, (_, index) => (index + 1) / pieces);
  const rows = await copy.all<{ edge: string; type: string }>(
    `SELECT edge::VARCHAR AS edge, typeof(edge) AS type FROM (SELECT DISTINCT unnest(quantile_disc(${column}, [${shares.join(', ')}])) AS edge FROM ${source.from} WHERE ${unit.where}) AS edges WHERE edge IS NOT NULL ORDER BY edges.edge`,
  );
  if (rows.length === 0) return ['true'];
  const values = rows.map(({ edge, type }) => `CAST(${quoteLiteral(edge)} AS ${type})`);
  const last = values.at(-1) ?? 'NULL';
  return [
    `${column} < ${values[0]}`,
    ...values.slice(1).map((value, index) => `${column} >= ${values[index]} AND ${column} < ${value}`),
    `(${column} >= ${last} OR ${column} IS NULL)`,
  ];
}

/**
 * Writes one Parquet file, sorted, with Iceberg's field ids, and puts it into the store.
 * @param folder for files on their way to a store that is no folder
 */
export async function writeFile(
  copy: Pick<WorkingCopy, 'all'>,
  store: LakeStore,
  plan: WritePlan,
  planned: PlannedFile,
  folder: string,
): Promise<DataFile> {
  const place =
    store.folder === null ? path.join(folder, planned.key.replaceAll('/', '-')) : path.join(store.folder, planned.key);
  makeFolders(path.dirname(place));
  const columns = plan.source.columns.map(
    ({ name, duckdbType }) => `${toParquet(quoteIdentifier(name), duckdbType)} AS ${quoteIdentifier(name)}`,
  );
  const order =
    plan.sort.length === 0
      ? ''
      : ` ORDER BY ${plan.sort.map((name) => `${quoteIdentifier(name)} ASC NULLS LAST`).join(', ')}`;
  const options = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, RETURN_STATS true, FIELD_IDS {${plan.schema.fields.map(fieldIds).join(', ')}}${await withoutDictionaries(copy, plan, planned)}`;
  const [written] = await copy.all<Written>(
    `COPY (SELECT ${columns.join(', ')} FROM ${plan.source.from} AS t WHERE ${planned.where}${order}) TO ${quoteLiteral(place)} (${options})`,
  );
  if (written === undefined) throw new Error(`DuckDB did not tell what it wrote to ${place}`);
  await store.upload(planned.key, place);
  if (store.folder === null) fs.rmSync(place);
  return describe(copy, plan.schema, written, `${store.location}/${planned.key}`, planned.unit.month);
}

/** A dictionary of Parquet's finds equal values by `=`, and makes 0 of -0 (seen in DuckDB 1.5.6); it is left out where there is one. */
async function withoutDictionaries(
  copy: Pick<WorkingCopy, 'all'>,
  { source }: WritePlan,
  { where }: PlannedFile,
): Promise<string> {
  const floats = source.columns.filter(({ duckdbType }) => /^(?:FLOAT|DOUBLE)(?:\[\])*$/.test(duckdbType));
  if (floats.length === 0) return '';
  const negative = floats.map(({ name }) => `${quoteIdentifier(name)}::VARCHAR LIKE '%-0.0%'`).join(' OR ');
  const [found] = await copy.all(`SELECT 1 AS n FROM ${source.from} AS t WHERE ${where} AND (${negative}) LIMIT 1`);
  return found === undefined ? '' : ', DICTIONARY_SIZE_LIMIT 0';
}

interface Written {
  readonly count: string;
  readonly file_size_bytes: string;
  readonly column_statistics: readonly { key: string; value: readonly { key: string; value: string }[] }[] | null;
}

function fieldIds({ name, id, type }: IcebergField): string {
  const key = quoteIdentifier(name);
  if (typeof type === 'string') return `${key}: ${id}`;
  return `${key}: {__duckdb_field_id: ${id}, element: ${type['element-id']}}`;
}

async function describe(
  copy: Pick<WorkingCopy, 'all'>,
  schema: IcebergSchema,
  written: Written,
  path: string,
  month: number | null | undefined,
): Promise<DataFile> {
  const statistics = new Map(
    (written.column_statistics ?? []).map(({ key, value }) => [
      key,
      new Map(value.map((entry) => [entry.key, entry.value])),
    ]),
  );
  const find = (field: IcebergField, name: string): string | undefined =>
    typeof field.type === 'string' ? statistics.get(quoted(field.name))?.get(name) : undefined;
  const counts = (name: string): Map<number, bigint> =>
    new Map(
      schema.fields.flatMap((field): [number, bigint][] => {
        const value = find(field, name);
        return value === undefined ? [] : [[field.id, BigInt(value)]];
      }),
    );
  const bounds = await numbered(copy, schema, find);
  const bytes = (name: 'min' | 'max'): Map<number, Buffer> =>
    new Map(
      schema.fields.flatMap((field): [number, Buffer][] => {
        const value = bounds.get(`${name}${field.id}`);
        const bound = value === undefined ? null : boundBytes(String(field.type), value, name === 'max');
        return bound === null ? [] : [[field.id, bound]];
      }),
    );
  return {
    path,
    month,
    rows: BigInt(written.count),
    bytes: BigInt(written.file_size_bytes),
    columnSizes: counts('column_size_bytes'),
    valueCounts: counts('num_values'),
    nullCounts: counts('null_count'),
    lowerBounds: bytes('min'),
    upperBounds: bytes('max'),
  };
}

/** Always in quotes, as the names in statistics are. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Bounds by `min` or `max` and field id; days and times as numbers, which DuckDB makes of its own texts. */
async function numbered(
  copy: Pick<WorkingCopy, 'all'>,
  schema: IcebergSchema,
  find: (field: IcebergField, name: string) => string | undefined,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const asked: string[] = [];
  const names: string[] = [];
  for (const field of schema.fields)
    for (const name of ['min', 'max']) {
      const text = find(field, name);
      if (text === undefined) continue;
      const literal = quoteLiteral(text);
      names.push(`${name}${field.id}`);
      if (field.type === 'date') asked.push(`(${literal}::DATE - DATE '1970-01-01')::VARCHAR`);
      else if (field.type === 'timestamp') asked.push(`epoch_us(${literal}::TIMESTAMP)::VARCHAR`);
      else if (field.type === 'timestamptz') asked.push(`epoch_us(${literal}::TIMESTAMPTZ)::VARCHAR`);
      else {
        names.pop();
        found.set(`${name}${field.id}`, text);
      }
    }
  if (asked.length === 0) return found;
  const [row] = await copy.all<{ numbers: string[] }>(`SELECT [${asked.join(', ')}] AS numbers`);
  for (const [index, name] of names.entries()) found.set(name, row?.numbers[index] ?? '0');
  return found;
}
