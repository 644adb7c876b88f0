import { asCopied, escapeCopyText } from '../model/changes/copyValue.ts';
import {
  type ChangedValue,
  Contradiction,
  KEPT,
  type NetChange,
  type NetChanges,
} from '../model/changes/netChanges.ts';
import { agreeing, counted } from '../model/counted.ts';
import { quoteIdentifier } from '../model/identifier.ts';
import { hidesRowid, type SourceTable } from '../model/sourceTable.ts';
import { plainColumn, textColumn } from '../model/stagingColumn.ts';
import { displayName, duckdbTable } from '../model/tableName.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { createStagingSql, loadFromSpool } from './loader.ts';
import { Spool, type SpoolSink } from './spool.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** A table that changes are put into. */
export interface ChangedTable {
  readonly source: SourceTable;
  readonly columns: readonly ColumnMapping[];
  /** The columns that the stream tells rows apart by. */
  readonly key: readonly ColumnMapping[];
}

/** What a batch did to a table, proven. */
export interface AppliedChanges {
  readonly upserted: bigint;
  readonly deleted: bigint;
  /** By how many rows the table grew; what is left of a truncated one. */
  readonly rows: (before: bigint) => bigint;
}

/** Rows go to DuckDB in pieces of this size. */
const PIECE_BYTES = 1 << 20;

const KEYS = 'temp.main.finance_db_keys_changed';
const ROWS = 'temp.main.finance_db_rows_changed';
const HITS = 'temp.main.finance_db_hits';
const MASK = 'finance_db_kept';
const bare = (name: string): string => name.replace('temp.main.', '');

/**
 * Puts netted changes into a table of the working copy, within the caller's transaction, and proves with each batch that both
 * sides agree: every row that is changed or deleted is there exactly once, and no new one is.
 * @throws Contradiction when that is not so; FinanceDbError VALUE_REFUSED as a sync would. The transaction is to be rolled back
 */
export async function putNetChanges(
  copy: WorkingCopy,
  spoolFolder: string,
  table: ChangedTable,
  changes: NetChanges,
): Promise<AppliedChanges> {
  const { source, columns, key } = table;
  const target = duckdbTable(source.table);
  if (changes.truncated) await copy.run(`DELETE FROM ${target}`);
  const counts = await stage(copy, spoolFolder, table, changes);
  const same = key.map(({ name }, at) => `t.${quoteIdentifier(name)} = d.k${at}`).join(' AND ');
  const row = hidesRowid(source) ? 'd.n' : 't.rowid';
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE ${bare(HITS)} AS SELECT d.n, d.before, ${row} AS r FROM ${target} AS t JOIN ${KEYS} AS d ON ${same}`,
  );
  await proveHits(copy, displayName(source.table), counts.before);
  // Before their rows go: what updates did not send is taken from them.
  const rows = counts.kept > 0 ? await fillKept(copy, table, target, counts.kept) : ROWS;
  const condition = hidesRowid(source)
    ? `EXISTS (SELECT 1 FROM ${KEYS} AS d WHERE d.before AND ${same})`
    : `t.rowid IN (SELECT r FROM ${HITS})`;
  if (counts.before > 0) {
    const deleted = await countOf(copy, `DELETE FROM ${target} AS t WHERE ${condition}`);
    if (deleted !== counts.before)
      throw new Contradiction(
        `${displayName(source.table)}: ${counted(deleted, 'row')} went where ${counts.before} had to`,
      );
  }
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const inserted =
    counts.after > 0 ? await countOf(copy, `INSERT INTO ${target} (${names}) SELECT ${names} FROM ${rows}`) : 0;
  if (inserted !== counts.after)
    throw new Contradiction(
      `${displayName(source.table)}: ${counted(inserted, 'row')} came where ${counts.after} had to`,
    );
  const growth = BigInt(counts.after - counts.before);
  return {
    upserted: BigInt(counts.after),
    deleted: BigInt(counts.gone),
    rows: (before) => (changes.truncated ? 0n : before) + growth,
  };
}

interface StagedCounts {
  /** Keys that must be there. */
  readonly before: number;
  /** Of these, those that no row takes the place of. */
  readonly gone: number;
  /** Rows that are there afterwards. */
  readonly after: number;
  /** Of these, rows with values that were not sent. */
  readonly kept: number;
}

/** Loads the changes into two temporary tables, by the way that rows of COPY take. */
async function stage(
  copy: WorkingCopy,
  spoolFolder: string,
  table: ChangedTable,
  changes: NetChanges,
): Promise<StagedCounts> {
  const { source, columns, key } = table;
  const counts = { before: 0, gone: 0, after: 0, kept: 0 };
  const keyRows: Line[] = [];
  const rows: Line[] = [];
  for (const change of changes.list()) {
    if (change.before) counts.before++;
    if (change.before && change.after === null) counts.gone++;
    keyRows.push(keyLine(table, change, keyRows.length));
    if (change.after === null) continue;
    counts.after++;
    const line = rowLine(table, change.after);
    if (change.after.base !== null) counts.kept++;
    rows.push(line);
  }
  const keyColumns = key.map((column, at) => ({ ...column, name: `k${at}`, notNull: false }));
  const shape = [plainColumn('n', 'integer', 'INTEGER'), plainColumn('before', 'boolean', 'BOOLEAN'), ...keyColumns];
  await load(copy, spoolFolder, source, KEYS, shape, keyRows);
  const bases = key.map((column, at) => ({ ...column, name: `finance_db_base_${at}`, notNull: false }));
  const loose = columns.map((column) => ({ ...column, notNull: false }));
  if (rows.length > 0) await load(copy, spoolFolder, source, ROWS, [textColumn(MASK), ...bases, ...loose], rows);
  return counts;
}

type Line = string;

/** COPY's line of some values; what escapes need is escaped. */
function lineOf(values: readonly (string | null)[]): Line {
  return `${values.map((value) => (value === null ? '\b' : escapeCopyText(value))).join('\t')}\n`;
}

function keyLine({ key }: ChangedTable, change: NetChange, number: number): Line {
  const values = change.key.map((value, at) => asCopiedBy(key[at], value));
  return lineOf([String(number), change.before ? 't' : 'f', ...values]);
}

function rowLine({ key, columns }: ChangedTable, { values, base }: NonNullable<NetChange['after']>): Line {
  const kept = values.flatMap((value, at) => (value === KEPT ? [at] : []));
  const mask = kept.length === 0 ? '' : `,${kept.join(',')},`;
  const bases = key.map((column, at) => (base === null ? null : asCopiedBy(column, base[at] ?? '')));
  return lineOf([mask, ...bases, ...values.map((value, at) => copiedValue(columns[at], value))]);
}

function copiedValue(column: ColumnMapping | undefined, value: ChangedValue): string | null {
  return typeof value === 'string' ? asCopiedBy(column, value) : null;
}

function asCopiedBy(column: ColumnMapping | undefined, value: string): string {
  return column === undefined ? value : asCopied(column, value);
}

async function load(
  copy: WorkingCopy,
  spoolFolder: string,
  source: SourceTable,
  into: string,
  columns: readonly ColumnMapping[],
  lines: readonly Line[],
): Promise<void> {
  await copy.run(`DROP TABLE IF EXISTS ${into}; ${createStagingSql(bare(into), columns)}`);
  if (lines.length === 0) return;
  const spool = new Spool(spoolFolder, { fileBytes: 32 << 20, totalBytes: Number.POSITIVE_INFINITY });
  const sink = spool.sink();
  try {
    writeLines(sink, lines);
  } finally {
    // Whatever happens: a file that stays open would hold its space on a disk that is full.
    sink.end();
  }
  await loadFromSpool(copy, spool, { into, displayName: displayName(source.table), columns, key: source.key });
}

function writeLines(sink: SpoolSink, lines: readonly Line[]): void {
  let longest = 0;
  for (let from = 0; from < lines.length; ) {
    let bytes = 0;
    const piece: Line[] = [];
    for (; from < lines.length && bytes < PIECE_BYTES; from++) {
      const line = lines[from] ?? '';
      piece.push(line);
      bytes += line.length;
      if (line.length > longest) longest = line.length;
    }
    sink.noteLongest(longest);
    sink.write(Buffer.from(piece.join(''), 'latin1'), piece.length);
  }
}

/** @throws Contradiction unless every key that must be there is found once, and no other one is */
async function proveHits(copy: WorkingCopy, table: string, before: number): Promise<void> {
  const [found] = await copy.all<{ hits: string; keys: string; strangers: string }>(
    `SELECT count(*) FILTER (WHERE before)::VARCHAR AS hits, count(DISTINCT n) FILTER (WHERE before)::VARCHAR AS keys, count(*) FILTER (WHERE NOT before)::VARCHAR AS strangers FROM ${HITS}`,
  );
  const [hits, keys, strangers] = [Number(found?.hits), Number(found?.keys), Number(found?.strangers)];
  if (hits !== before || keys !== before)
    throw new Contradiction(
      `${table}: ${counted(before, 'row')} ${agreeing(before, 'was', 'were')} to be changed or deleted, and ${hits} found`,
    );
  if (strangers > 0)
    throw new Contradiction(
      `${table}: ${counted(strangers, 'row')} that ${agreeing(strangers, 'was', 'were')} to be new ${agreeing(strangers, 'was', 'were')} there already`,
    );
}

const FILLED = 'temp.main.finance_db_rows_filled';

/** Rows whose values are whole. @throws Contradiction unless each row with values that were not sent finds the one that has them */
async function fillKept(copy: WorkingCopy, table: ChangedTable, target: string, kept: number): Promise<string> {
  const { columns, key, source } = table;
  const same = key.map(({ name }, at) => `t.${quoteIdentifier(name)} = d.finance_db_base_${at}`).join(' AND ');
  const values = columns.map(({ name }, at) => {
    const column = quoteIdentifier(name);
    return `CASE WHEN contains(d.${MASK}, ',${at},') THEN t.${column} ELSE d.${column} END AS ${column}`;
  });
  const places = hidesRowid(source) ? target : `(FROM ${target} AS s WHERE s.rowid IN (SELECT r FROM ${HITS}))`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE ${bare(FILLED)} AS SELECT ${values.join(', ')} FROM ${ROWS} AS d JOIN ${places} AS t ON ${same} WHERE d.${MASK} <> ''`,
  );
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const filled = await copy.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM ${FILLED}`);
  if (Number(filled[0]?.n) !== kept)
    throw new Contradiction(`${displayName(source.table)}: values that were not sent were not found`);
  await copy.run(`INSERT INTO ${FILLED} (${names}) SELECT ${names} FROM ${ROWS} WHERE ${MASK} = ''`);
  return FILLED;
}

async function countOf(copy: WorkingCopy, sql: string): Promise<number> {
  const [row] = await copy.all<{ Count: string }>(sql);
  return Number(row?.Count ?? -1);
}
