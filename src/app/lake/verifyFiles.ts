import fs from 'node:fs';
import path from 'node:path';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { messageOf } from '../../errors/financeDbError.ts';
import { currentSchema } from '../../lake/iceberg/metadata.ts';
import { monthColumn, monthSql } from '../../lake/months.ts';
import type { LakeState } from '../../lake/state.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { keyOf, type LakeTable } from '../../lake/table.ts';
import { counted } from '../../model/counted.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { duckdbTable } from '../../model/tableName.ts';
import { readColumns, selectFiles } from './readFiles.ts';

/**
 * Loads the files of a table into a table of its name, and looks at each: its size, whether it can be read, its rows,
 * and whether they are of the month and between the bounds that the manifest tells, by which engines leave files out.
 * @returns what is wrong with which file, a line each
 */
export async function loadFiles(
  copy: WorkingCopy,
  store: LakeStore,
  table: LakeTable,
  state: LakeState,
  folder: string,
): Promise<string[]> {
  const columns = readColumns(table, state);
  const name = duckdbTable({ schema: state.schema, name: state.name });
  const list = columns.map((column) => `${quoteIdentifier(column.name)} ${column.duckdbType}`);
  await copy.run(`CREATE TABLE ${name} (${list.join(', ')})`);
  const time = monthColumn(state.columns);
  const timeId = currentSchema(table.metadata)?.fields.find((field) => field.name === time?.name)?.id ?? 0;
  const loaded = await loadTogether(copy, store, table, `INSERT INTO ${name}`, columns);
  const found: string[] = [];
  for (const { file } of table.entries) {
    const key = keyOf(table.metadata, file.path);
    const size = await store.size(key);
    if (size === null) {
      found.push(`${file.path} is missing (${counted(file.rows, 'row')})`);
      continue;
    }
    if (BigInt(size) !== file.bytes) found.push(`${file.path} has ${size} bytes, and was written with ${file.bytes}`);
    const cache = path.join(folder, 'fetched');
    const local = await store.fetch(key, cache);
    try {
      if (!loaded) await copy.run(`INSERT INTO ${name} ${selectFiles([local], columns)}`);
      if (time === null) continue;
      const column = quoteIdentifier(time.name);
      const number = time.duckdbType === 'DATE' ? `(${column} - DATE '1970-01-01')` : `epoch_us(${column})`;
      const [seen] = await copy.all<Seen>(
        `SELECT count(*)::VARCHAR AS n, min(m)::VARCHAR AS first, max(m)::VARCHAR AS last, min(x)::VARCHAR AS least, max(x)::VARCHAR AS greatest FROM (SELECT ${monthSql(column)} AS m, ${number} AS x FROM (${selectFiles([local], columns)}) AS file) AS rows`,
      );
      const month = file.month === undefined || file.month === null ? null : String(file.month);
      const bound = (bytes: Buffer | undefined): string | null => (bytes === undefined ? null : boundText(bytes));
      const expected = [
        String(file.rows),
        month,
        month,
        bound(file.lowerBounds.get(timeId)),
        bound(file.upperBounds.get(timeId)),
      ];
      const actual = [seen?.n, seen?.first, seen?.last, seen?.least, seen?.greatest];
      if (expected.some((value, index) => value !== (actual[index] ?? null)))
        found.push(
          `${file.path} holds other rows than the manifest says (${seen?.n ?? 0} of them, ${file.rows} expected)`,
        );
    } catch (error) {
      found.push(`${file.path} cannot be read: ${messageOf(error).split('\n')[0]}`);
    } finally {
      if (store.folder === null) fs.rmSync(local, { force: true });
    }
  }
  return found;
}

/**
 * Loads all files by one statement, for half of what one each takes.
 * @returns false, having loaded none, where they are not all on this machine and readable
 */
async function loadTogether(
  copy: WorkingCopy,
  store: LakeStore,
  table: LakeTable,
  insert: string,
  columns: ReturnType<typeof readColumns>,
): Promise<boolean> {
  const { folder } = store;
  if (folder === null) return false;
  const files = table.entries.map(({ file }) => path.join(folder, keyOf(table.metadata, file.path)));
  if (!files.every((file) => fs.existsSync(file))) return false;
  try {
    await copy.run(`${insert} ${selectFiles(files, columns)}`);
    return true;
  } catch {
    // Which one it was shows when they are loaded one by one.
    return false;
  }
}

interface Seen {
  readonly n: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly least: string | null;
  readonly greatest: string | null;
}

/** A bound of days or microseconds as a number. */
function boundText(bytes: Buffer): string {
  return String(bytes.length === 4 ? bytes.readInt32LE() : bytes.readBigInt64LE());
}
