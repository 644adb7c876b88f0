import { Contradiction, type NetChanges } from '../model/changes/netChanges.ts';
import { agreeing, counted } from '../model/counted.ts';
import { quoteIdentifier } from '../model/identifier.ts';
import { hidesRowid } from '../model/sourceTable.ts';
import { plainColumn, textColumn } from '../model/stagingColumn.ts';
import { displayName, duckdbTable } from '../model/tableName.ts';
import { type ChangedTable, type Lines, writeFiles } from './changeFiles.ts';
import { createStagingSql, loadFromSpool, withFiles } from './loader.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** What a batch did to a table, proven. */
export interface AppliedChanges {
  readonly upserted: bigint;
  readonly deleted: bigint;
  /** By how many rows the table grew; what is left of a truncated one. */
  readonly rows: (before: bigint) => bigint;
}

const ROWS = 'temp.main.finance_db_rows_changed';
const HITS = 'temp.main.finance_db_hits';
const MASK = 'finance_db_kept';
const bare = (name: string): string => name.replace('temp.main.', '');

/**
 * Puts netted changes into a table of the working copy, within the caller's transaction, and proves with each batch that both
 * sides agree: every row that is changed or deleted is there exactly once, and no new one is.
 *
 * What is put goes from its files into the table: until the transaction ends DuckDB holds on to every table that was staged in, so
 * that what is as large as the batch may not be staged. Only where the rows are is, and the few that keep values which were not sent.
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
  const name = displayName(source.table);
  if (changes.truncated) await copy.run(`DELETE FROM ${target}`);
  const { counts, keys, rows, keeping } = writeFiles(spoolFolder, table, changes);
  await withKeys(copy, table, keys, async (keyRows) => {
    const same = key.map((column, at) => `t.${quoteIdentifier(column.name)} = d.k${at}`).join(' AND ');
    const row = hidesRowid(source) ? 'd.n' : 't.rowid';
    await copy.run(
      `CREATE OR REPLACE TEMP TABLE ${bare(HITS)} AS SELECT d.n, d.before, ${row} AS r FROM ${target} AS t JOIN ${keyRows} AS d ON ${same}`,
    );
    await proveHits(copy, name, counts.before);
    // Before their rows go: what updates did not send is taken from them.
    if (counts.kept > 0) await fillKept(copy, table, target, keeping, counts.kept);
    if (counts.before === 0) return;
    const condition = hidesRowid(source)
      ? `EXISTS (SELECT 1 FROM ${keyRows} AS d WHERE d.before AND ${same})`
      : `t.rowid IN (SELECT r FROM ${HITS})`;
    const deleted = await countOf(copy, `DELETE FROM ${target} AS t WHERE ${condition}`);
    if (deleted !== counts.before)
      throw new Contradiction(`${name}: ${counted(deleted, 'row')} went where ${counts.before} had to`);
  });
  const names = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const whole = { into: `${target} (${names})`, displayName: name, columns, key: source.key };
  const inserted =
    (await loadFromSpool(copy, rows.spool, whole)) +
    (counts.kept > 0 ? await countOf(copy, `INSERT INTO ${target} (${names}) SELECT ${names} FROM ${FILLED}`) : 0);
  if (inserted !== counts.after)
    throw new Contradiction(`${name}: ${counted(inserted, 'row')} came where ${counts.after} had to`);
  const growth = BigInt(counts.after - counts.before);
  return {
    upserted: BigInt(counts.after),
    deleted: BigInt(counts.gone),
    rows: (before) => (changes.truncated ? 0n : before) + growth,
  };
}

/** Does something with the keys of the batch: a relation of `n`, `before`, `k0`, `k1` …; nothing where there are none. */
async function withKeys(
  copy: WorkingCopy,
  { source, key }: ChangedTable,
  { spool }: Lines,
  work: (keyRows: string) => Promise<void>,
): Promise<void> {
  const files = await spool.take(0);
  if (files === null) return;
  const columns = [plainColumn('n', 'integer', 'INTEGER'), plainColumn('before', 'boolean', 'BOOLEAN'), ...key];
  const names = ['n', 'before', ...key.map((_, at) => `k${at}`)];
  const target = { displayName: displayName(source.table), columns, key: key.map(({ name }) => name) };
  await withFiles(copy, files, spool.longestRow, target, (values, rows) =>
    work(`(SELECT ${values.map((value, at) => `${value} AS ${names[at]}`).join(', ')} FROM ${rows})`),
  );
  spool.discard(files);
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

/** Stages rows that keep values which were not sent. @throws Contradiction unless each finds the row that has them */
async function fillKept(
  copy: WorkingCopy,
  { columns, key, source }: ChangedTable,
  target: string,
  { spool }: Lines,
  kept: number,
): Promise<void> {
  const bases = key.map((column, at) => ({ ...column, name: `finance_db_base_${at}`, notNull: false }));
  const loose = columns.map((column) => ({ ...column, notNull: false }));
  const shape = [textColumn(MASK), ...bases, ...loose];
  await copy.run(`DROP TABLE IF EXISTS ${ROWS}; ${createStagingSql(bare(ROWS), shape)}`);
  await loadFromSpool(copy, spool, {
    into: ROWS,
    displayName: displayName(source.table),
    columns: shape,
    key: source.key,
  });
  const same = key.map(({ name }, at) => `t.${quoteIdentifier(name)} = d.finance_db_base_${at}`).join(' AND ');
  const values = columns.map(({ name }, at) => {
    const column = quoteIdentifier(name);
    return `CASE WHEN contains(d.${MASK}, ',${at},') THEN t.${column} ELSE d.${column} END AS ${column}`;
  });
  const places = hidesRowid(source) ? target : `(FROM ${target} AS s WHERE s.rowid IN (SELECT r FROM ${HITS}))`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE ${bare(FILLED)} AS SELECT ${values.join(', ')} FROM ${ROWS} AS d JOIN ${places} AS t ON ${same}`,
  );
  const filled = await copy.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM ${FILLED}`);
  if (Number(filled[0]?.n) !== kept)
    throw new Contradiction(`${displayName(source.table)}: values that were not sent were not found`);
}

async function countOf(copy: WorkingCopy, sql: string): Promise<number> {
  const [row] = await copy.all<{ Count: string }>(sql);
  return Number(row?.Count ?? -1);
}
