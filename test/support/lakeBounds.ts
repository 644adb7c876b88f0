import type { WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { currentSchema } from '../../src/lake/iceberg/metadata.ts';
import type { IcebergField } from '../../src/lake/iceberg/schema.ts';
import type { LakeStore } from '../../src/lake/store/store.ts';
import { keyOf, loadTable } from '../../src/lake/table.ts';

/** How many columns of files were compared, and with bounds. */
export interface Compared {
  readonly columns: number;
  readonly bounds: number;
}

/**
 * Compares what manifests say of each column of each file with the rows of the file, and tells what is not so: its counts of values and NULLs,
 * and bounds, by which engines leave files out. Those of numbers, decimals and times are the least and the greatest; those of texts may be
 * shorter, and then hold between them what the rows hold.
 */
export async function wrongStatistics(
  copy: Pick<WorkingCopy, 'all'>,
  store: LakeStore,
): Promise<Compared & { wrong: string[] }> {
  const table = await loadTable(store);
  const fields = (table === null ? undefined : currentSchema(table.metadata))?.fields ?? [];
  const wrong: string[] = [];
  let [columns, bounds] = [0, 0];
  for (const { file } of table?.entries ?? []) {
    const place = `${store.folder}/${table === null ? '' : keyOf(table.metadata, file.path)}`;
    for (const field of fields.filter(({ type }) => typeof type === 'string')) {
      const column = `"${field.name.replaceAll('"', '""')}"`;
      const comparable = inOrder(field, column);
      const [seen] = await copy.all<Seen>(
        `SELECT count(*)::VARCHAR AS n, (count(*) - count(${column}))::VARCHAR AS nulls, min(${comparable})::VARCHAR AS least, max(${comparable})::VARCHAR AS greatest FROM read_parquet('${place}')`,
      );
      const [lower, upper] = [file.lowerBounds.get(field.id), file.upperBounds.get(field.id)];
      columns++;
      const told = [file.valueCounts.get(field.id), file.nullCounts.get(field.id)].map(String);
      if (seen === undefined || told.join() !== [seen.n, seen.nulls].join())
        wrong.push(`${file.path} ${field.name}: ${told} values and NULLs, not ${seen?.n},${seen?.nulls}`);
      if (lower === undefined && upper === undefined) continue;
      bounds++;
      if (!holds(field, lower, seen?.least, true) || !holds(field, upper, seen?.greatest, false))
        wrong.push(
          `${file.path} ${field.name}: ${lower?.toString('hex')} to ${upper?.toString('hex')}, not ${seen?.least} to ${seen?.greatest}`,
        );
    }
  }
  return { columns, bounds, wrong };
}

interface Seen {
  readonly n: string;
  readonly nulls: string;
  readonly least: string | null;
  readonly greatest: string | null;
}

/** SQL of a value as Iceberg's bounds order it: whole numbers, days, microseconds, digits; texts octet by octet. */
function inOrder({ type }: IcebergField, column: string): string {
  if (type === 'date') return `(${column} - DATE '1970-01-01')`;
  if (type === 'timestamp' || type === 'timestamptz') return `epoch_us(${column})`;
  return String(type).startsWith('decimal(') ? `replace(${column}::VARCHAR, '.', '')::HUGEINT` : column;
}

function holds(
  { type }: IcebergField,
  bound: Buffer | undefined,
  value: string | null | undefined,
  lower: boolean,
): boolean {
  // No bound says nothing.
  if (bound === undefined) return true;
  if (value === null || value === undefined) return false;
  if (type === 'string') {
    const order = Buffer.compare(bound, Buffer.from(value));
    return [...bound.toString()].length <= 16 && (lower ? order <= 0 : order >= 0);
  }
  if (String(type).startsWith('decimal(')) {
    const signed = BigInt.asIntN(bound.length * 8, BigInt(`0x${bound.toString('hex')}`));
    return String(signed) === value;
  }
  return value === String(bound.length === 4 ? bound.readInt32LE() : bound.readBigInt64LE());
}
