import { CREATE_KEY_HASHES, DROP_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { createStagingSql } from '../../duckdb/loader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { Pack } from '../../model/packs.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { plainColumn, textColumn } from '../../model/stagingColumn.ts';
import { displayName } from '../../model/tableName.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import { packsSql } from '../../postgres/packs.ts';
import { copyRows, type LoadContext, type PartRows } from './fullLoad.ts';
import { isTime, packedKeys, piecesOf } from './packedKeys.ts';

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

/** `hashed`: KEY_HASHES holds the hashes that were wanted. `unpackable`: some key cannot travel in a pack. `none`: nobody asked. */
export type KeysRead = 'hashed' | 'unpackable' | 'none';

/** Keys that are to travel in packs. */
export interface KeysWanted {
  /** The key, or the column of it that stands for it: see `packedColumn`. */
  readonly column: ColumnMapping;
  /** Oids of the parts of which they are wanted. */
  readonly parts: ReadonlySet<string>;
}

/**
 * Looks at all rows of some parts of a table, once, by all connections.
 * @param changed SQL that is true for changed rows; null when nobody asks
 * @param wanted the keys that KEY_HASHES is to hold
 * @returns null for a table that is too small for packs or cannot be read by pages, and when there is nothing to ask
 */
export async function readPacks(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  changed: string | null,
  wanted: KeysWanted | null,
): Promise<PacksRead | null> {
  const queries = parts.every(({ pageable }) => pageable) ? cutParts(parts, context.jobs, true) : [];
  if ((queries.length < 2 && parts.length < 2) || queries.length === 0 || (changed === null && wanted === null))
    return null;
  const { copy } = context;
  await copy.run(`DROP TABLE IF EXISTS ${PACKS}; ${createStagingSql('finance_db_packs', PACK_COLUMNS)}`);
  if (wanted !== null) await copy.run(CREATE_KEY_HASHES);
  const also = wanted === null ? {} : { also: { into: KEY_HASHES, project: hashesOf(wanted.column) } };
  const keysOf = ({ oid }: Part): string | null => (wanted?.parts.has(oid) === true ? packedKeys(wanted.column) : null);
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
    queries.map((cuts) => packsSql(parts, cuts, { changed, keysOf })),
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
  if (wanted === null) return { packs, rows, keys: 'none' };
  const total = [...wanted.parts].reduce((sum, oid) => sum + (rows.get(oid) ?? 0n), 0n);
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

/** Whether many values of a column can travel in one text. */
export function isPackable({ family, postgresType }: ColumnMapping): boolean {
  return isPlainText(postgresType) || family === 'integer' || family === 'uuid' || isTime({ family });
}

/** SQL of the hashes of a pack's keys, one a row, from the values of its columns. */
function hashesOf(column: ColumnMapping): (values: readonly string[]) => string {
  return (values) => keyHash([column], [`unnest(${piecesOf(column, values.at(-1) ?? '')})`]);
}
