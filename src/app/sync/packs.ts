import { CREATE_KEY_HASHES, DROP_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { createStagingSql } from '../../duckdb/loader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import type { Pack } from '../../model/packs.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { plainColumn, textColumn } from '../../model/stagingColumn.ts';
import { displayName } from '../../model/tableName.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import { packsSql } from '../../postgres/packs.ts';
import { copyRows, type LoadContext, type PartRows } from './fullLoad.ts';

const PACKS = 'temp.main.finance_db_packs';
const PACK_COLUMNS: readonly ColumnMapping[] = [
  plainColumn('part', 'integer', 'UBIGINT'),
  plainColumn('page', 'integer', 'UBIGINT'),
  plainColumn('end', 'integer', 'UBIGINT'),
  plainColumn('rows', 'integer', 'UBIGINT'),
  plainColumn('changed', 'integer', 'UBIGINT'),
  plainColumn('places', 'text', 'VARCHAR'),
];

/** What the packs of a table told. */
export interface PacksRead {
  readonly packs: readonly Pack[];
  readonly rows: PartRows;
  readonly keys: KeysRead;
}

/** `hashed`: KEY_HASHES holds the hashes of all keys now. `unpackable`: some key cannot travel in a pack. `none`: nobody asked. */
export type KeysRead = 'hashed' | 'unpackable' | 'none';

/**
 * Looks at all rows of some parts of a table, once, by all connections.
 * @param changed SQL that is true for changed rows; null when nobody asks
 * @param key the columns of the key when KEY_HASHES is wanted too; it comes only of keys that can be packed
 * @returns null for a table that is too small for packs or cannot be read by pages, and when there is nothing to ask
 */
export async function readPacks(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  changed: string | null,
  key: readonly ColumnMapping[] | null,
): Promise<PacksRead | null> {
  const queries = parts.every(({ pageable }) => pageable) ? cutParts(parts, context.jobs, true) : [];
  const column = key === null ? null : packable(key);
  if ((queries.length < 2 && parts.length < 2) || queries.length === 0 || (changed === null && column === null))
    return null;
  const { copy } = context;
  await copy.run(`DROP TABLE IF EXISTS ${PACKS}; ${createStagingSql('finance_db_packs', PACK_COLUMNS)}`);
  if (column !== null) await copy.run(CREATE_KEY_HASHES);
  const also = column === null ? {} : { also: { into: KEY_HASHES, project: hashesOf(column) } };
  const read = await copyRows(
    { ...context, onProgress: (progress) => context.onProgress({ ...progress, rows: null }) },
    {
      into: PACKS,
      displayName: displayName(source.table),
      columns: [...PACK_COLUMNS, textColumn('keys')],
      key: null,
      project: (values) => values.slice(0, -1).join(', '),
      ...also,
    },
    queries.map((cuts) => packsSql(parts, cuts, { changed, keys: column === null ? null : packedKeys(column) })),
  );
  const packs = await copy.all<Pack>(
    `SELECT part::VARCHAR AS part, page::VARCHAR AS page, "end"::VARCHAR AS "end", rows::VARCHAR AS rows, changed::VARCHAR AS changed, places FROM ${PACKS} AS packs ORDER BY packs.part, packs.page`,
  );
  await copy.run(`DROP TABLE ${PACKS}`);
  // Counts and keys come the same way, so that a lost pack would not show in the counts.
  if (read !== BigInt(packs.length))
    throw new FinanceDbError(
      'INTERNAL',
      `${displayName(source.table)}: ${read} packs came, and ${packs.length} arrived`,
    );
  const rows = rowsOfParts(parts, packs);
  const total = sumOf(rows);
  if (column === null) return { packs, rows, keys: key === null ? 'none' : 'unpackable' };
  const [count] = await copy.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM ${KEY_HASHES}`);
  if (BigInt(count?.n ?? '-1') === total) return { packs, rows, keys: 'hashed' };
  await copy.run(DROP_KEY_HASHES);
  return { packs, rows, keys: 'unpackable' };
}

function rowsOfParts(parts: readonly Part[], packs: readonly Pack[]): PartRows {
  const rows = parts.map(({ oid }): [string, bigint] => [oid, 0n]);
  for (const pack of packs) {
    const entry = rows[Number(pack.part)];
    if (entry !== undefined) entry[1] += BigInt(pack.rows);
  }
  return new Map(rows);
}

/** How many rows these parts have together. */
export function sumOf(rows: PartRows): bigint {
  return [...rows.values()].reduce((sum, count) => sum + count, 0n);
}

/**
 * Between the keys of a pack: ASCII's record separator. Every key makes at least one piece and one that holds it more, so that
 * as many pieces as rows prove that none does.
 */
const SEPARATOR = 'chr(30)';
/** A pack must stay far below what a PostgreSQL value may hold (1 GB), and what DuckDB's reader takes for one line. */
const LONGEST_KEY = 1000;

/** The column whose values can travel many in one text; null for other keys. */
function packable(key: readonly ColumnMapping[]): ColumnMapping | null {
  const [column, ...more] = key;
  if (column === undefined || more.length > 0) return null;
  return isPlainText(column.postgresType) || column.family === 'integer' || column.family === 'uuid' ? column : null;
}

/** SQL of the hashes of a pack's keys, one a row, from the values of its columns. */
function hashesOf(column: ColumnMapping): (values: readonly string[]) => string {
  return (values) => keyHash([column], [`unnest(string_split(${values.at(-1)}, ${SEPARATOR}))`]);
}

/** SQL of the keys of a pack in one text. A separator stands for a key that is too long: two pieces, never fewer. */
function packedKeys({ name, postgresType }: ColumnMapping): string {
  const key = quoteIdentifier(name);
  if (!isPlainText(postgresType)) return `string_agg(${key}::text, ${SEPARATOR})`;
  const [, characters] = /\((\d+)\)$/.exec(postgresType) ?? [];
  const isShort = characters !== undefined && Number(characters) * 4 <= LONGEST_KEY;
  return `string_agg(${isShort ? key : `CASE WHEN octet_length(${key}) <= ${LONGEST_KEY} THEN ${key} ELSE ${SEPARATOR} END`}, ${SEPARATOR})`;
}
