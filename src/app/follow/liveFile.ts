import type { Config } from '../../config/config.ts';
import { LABEL_NAMES } from '../../duckdb/baseCurrencyState.ts';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { type FollowPosition, writeFollowStateSql } from '../../duckdb/followState.ts';
import { type AppliedChanges, putNetChanges } from '../../duckdb/netChanges.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { type Receipt, writeReceipts } from '../../duckdb/receipts.ts';
import { rememberSampleTables } from '../../duckdb/sampleTables.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { counted } from '../../model/counted.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { SAMPLE_ID_COLUMN, SAMPLE_ID_PREFIX } from '../../model/sampleRows.ts';
import { duckdbTable, STATE_SCHEMA } from '../../model/tableName.ts';
import { labelSums } from '../sync/baseCurrency.ts';
import { DEFAULT_MEMORY } from '../sync/syncCopy.ts';
import { asRestart, type FollowedTable, renew } from './changedTables.ts';
import type { FollowRequest } from './followRequest.ts';
import { LEAN_MEMORY } from './memory.ts';
import { PrivateCopy, type PublishedCopy } from './privateCopy.ts';
import { Restart } from './restart.ts';

type OwnFile = Extract<PublishedFile, { kind: 'ours' }>;

interface TableCount {
  /** Whether anything was put into it since the last commit. */
  touched: boolean;
  rows: bigint;
  upserted: bigint;
  deleted: bigint;
}

/** A batch of more than this has values that are large by themselves, and gets what a sync has. */
const LARGE_BATCH = 48 << 20;

/**
 * After so many bytes of changes what was put is made lasting in the private copy, long before it may be published: what a
 * transaction of DuckDB has changed it remembers until its end, with nearly as many bytes.
 */
const MOST_OPEN = 96 << 20;

/** Looking for the currency of the sums, and for sample rows, reads columns: not for every small change. */
const LABEL_MS = 30_000;

/**
 * What is to be published next: changes are put into the private copy, and proven there before it is published. What contradicts is not
 * taken back: the copy is given up with all that was put into it since the last publish, and a scan begins with another one.
 */
export class LiveFile {
  private inTransaction = false;
  /** Bytes of changes that the open transaction has taken. */
  private open = 0;
  /** Something is lasting in the copy of which it does not say as of when it is: the beginning of what is to be published. */
  private begun = false;
  /** Whether DuckDB may use what a sync may, until the transaction ends. */
  private hasRoom = false;
  private labelledAt = 0;
  /** Sample rows are told with the very file that they come in. */
  private samplesCame = false;
  private readonly counts: Map<FollowedTable, TableCount>;

  private constructor(
    private readonly config: Config,
    private readonly mostOpen: number,
    private readonly workspace: Workspace,
    private readonly tables: readonly FollowedTable[],
    private readonly own: PrivateCopy,
    private readonly file: OwnFile,
  ) {
    this.counts = new Map(
      tables.map((table) => [table, { touched: false, rows: rowsOf(file, table), upserted: 0n, deleted: 0n }]),
    );
  }

  /** @param file what the published file, which is copied here, says of itself */
  static async open(
    { config, mostOpen = MOST_OPEN }: Pick<FollowRequest, 'config' | 'mostOpen'>,
    workspace: Workspace,
    tables: readonly FollowedTable[],
    file: OwnFile,
  ): Promise<LiveFile> {
    const names = tables.map(({ name }) => name);
    const own = await PrivateCopy.open(config, workspace, file.fresh, names);
    return new LiveFile(config, mostOpen, workspace, tables, own, file);
  }

  /**
   * Puts the changes that are held into the copy; of many, what was put before becomes lasting there.
   * @throws Restart when they contradict what is there; FinanceDbError as a sync does
   */
  async put(): Promise<void> {
    for (const table of this.tables) {
      const { changes } = table;
      if (changes.size === 0 && !changes.truncated) continue;
      if (this.open > this.mostOpen) await this.keep();
      const copy = await this.begin();
      this.open += changes.bytes;
      if (changes.bytes > LARGE_BATCH && !this.hasRoom) await this.limitMemory(copy, DEFAULT_MEMORY);
      if (bringsSamples(table)) this.samplesCame = true;
      renew(table);
      try {
        this.note(table, await putNetChanges(copy, this.workspace.spoolFolder, table, changes));
      } catch (error) {
        throw asRestart(error, table);
      }
    }
  }

  /** Ends the transaction of DuckDB, so that it lets go of what it remembers. */
  private async keep(): Promise<void> {
    const copy = await this.begin();
    this.begun = true;
    await this.end(copy);
    await this.own.checkpoint();
  }

  private async end(copy: WorkingCopy): Promise<void> {
    await copy.run('COMMIT');
    this.inTransaction = false;
    this.open = 0;
    if (this.hasRoom) await this.limitMemory(copy, LEAN_MEMORY);
  }

  private async limitMemory(copy: WorkingCopy, memory: string): Promise<void> {
    if (this.config.memory !== undefined) return;
    await copy.run(`SET memory_limit = ${quoteLiteral(memory)}`);
    this.hasRoom = memory === DEFAULT_MEMORY;
  }

  private async begin(): Promise<WorkingCopy> {
    const copy = await this.own.use();
    if (this.inTransaction) return copy;
    await copy.run('BEGIN TRANSACTION');
    this.inTransaction = true;
    return copy;
  }

  private note(table: FollowedTable, { upserted, deleted, rows }: AppliedChanges): void {
    const count = this.countOf(table);
    count.touched = true;
    count.rows = rows(count.rows);
    count.upserted += upserted;
    count.deleted += deleted;
  }

  /**
   * Makes what was put lasting in the copy, together with as of when it is, if both sides' counts agree.
   * @returns how many rows were put and deleted, and what somebody should know
   * @throws Restart when a table has another number of rows than the changes leave
   */
  async commit(
    at: FollowPosition,
    snapshot: string,
    seconds: number,
    now: Date,
  ): Promise<{ upserted: bigint; deleted: bigint; warnings: readonly string[] }> {
    const copy = await this.begin();
    for (const [table, { touched }] of this.counts) {
      if (!touched) continue;
      const [row] = await copy.all<{ n: string }>(
        `SELECT count(*)::VARCHAR AS n FROM ${duckdbTable(table.source.table)}`,
      );
      const { rows } = this.countOf(table);
      if (BigInt(row?.n ?? '-1') !== rows)
        throw new Restart(`${table.name} has ${counted(row?.n ?? '?', 'row')} where the changes leave ${rows}`, [
          table.name,
        ]);
    }
    const done = [...this.counts].map(([table, count]) => ({ table: table.source.table, ...count }));
    for (const statement of writeFollowStateSql(done, at, snapshot, seconds, now)) await copy.run(statement);
    const upserted = done.reduce((sum, count) => sum + count.upserted, 0n);
    const deleted = done.reduce((sum, count) => sum + count.deleted, 0n);
    const warnings = upserted + deleted > 0n ? await this.describe(copy, now) : [];
    await this.end(copy);
    this.begun = false;
    for (const count of this.counts.values()) {
      count.touched = false;
      count.upserted = 0n;
      count.deleted = 0n;
    }
    return { upserted, deleted, warnings };
  }

  /** What the file says of its rows: the currency of the sums, where they themselves say it, and which of them are samples. */
  private async describe(copy: WorkingCopy, now: Date): Promise<readonly string[]> {
    const { sampleTables } = this.file;
    const isRecent = now.getTime() - this.labelledAt < LABEL_MS;
    // Whoever looks at sample rows is told how many there are still.
    if (!isRecent || this.samplesCame || sampleTables.length > 0) await this.countSamples(copy);
    this.samplesCame = false;
    if (isRecent) return [];
    this.labelledAt = now.getTime();
    await copy.run(`DELETE FROM ${STATE_SCHEMA}.about WHERE name IN (${LABEL_NAMES.map(quoteLiteral).join(', ')})`);
    return labelSums(copy, this.config, this.file.baseCurrency, null);
  }

  private async countSamples(copy: WorkingCopy): Promise<void> {
    const synced = this.tables.map(({ source, columns }) => ({ table: source.table, columns }));
    const others = this.file.sampleTables.filter(({ table }) => !this.tables.some(({ name }) => name === table));
    await rememberSampleTables(copy, synced, others);
  }

  /**
   * Publishes what was committed in the copy, to which nothing may be put meanwhile.
   * @returns bytes that are written for it, and what was set aside, in words
   */
  async publish(now: Date): Promise<PublishedCopy> {
    if (this.begun) throw new Error('a part of a batch is in the copy that is to be published');
    return this.own.publish(
      now,
      [...this.counts.values()].reduce((sum, count) => sum + count.rows, this.otherRows()),
    );
  }

  /** Whether the published file is the one that we left there: neither replaced nor written to since. */
  isUntouched(): boolean {
    return this.own.isUntouched();
  }

  /**
   * Why the file has to be published anew though nothing came, in words; null when it need not be.
   * @throws FinanceDbError DUCKDB_NOT_OURS when somebody has put something else there
   */
  whyAnew(): Promise<string | null> {
    return this.own.place.whyAnew(async ({ tables }) => {
      const copy = await this.own.use();
      const rows = await copy.all<{ state: string }>(
        `SELECT concat_ws('|', table_schema, table_name, snapshot, lsn, row_count) AS state FROM ${STATE_SCHEMA}.sync_state`,
      );
      const theirs = tables.map(({ schema, name, snapshotText, identity: { lsn }, rows: count }) =>
        [schema, name, snapshotText, ...(lsn === null ? [] : [lsn]), count].join('|'),
      );
      return (
        theirs.sort().join() ===
        rows
          .map(({ state }) => state)
          .sort()
          .join()
      );
    });
  }

  private otherRows(): bigint {
    const others = this.file.tables.filter(
      ({ schema, name }) =>
        !this.tables.some(({ source: { table } }) => table.schema === schema && table.name === name),
    );
    return others.reduce((sum, { rows }) => sum + rows, 0n);
  }

  /** Takes receipts of validations, between two batches. */
  async addReceipts(receipts: readonly Receipt[]): Promise<void> {
    await writeReceipts(await this.own.use(), receipts);
  }

  /** Lets go of the copy and of the memory that it takes; nothing may be open in it. */
  async suspend(): Promise<void> {
    await this.own.suspend();
  }

  /** Opens the copy again where it was left. */
  async resume(): Promise<void> {
    await this.own.resume();
  }

  /** What is not committed is gone with it. */
  async close(): Promise<void> {
    await this.own.close();
  }

  interrupt(): void {
    this.own.interrupt();
  }

  private countOf(table: FollowedTable): TableCount {
    const count = this.counts.get(table);
    if (count === undefined) throw new Error(`not followed: ${table.name}`);
    return count;
  }
}

/** Whether a row that looks like one of the sample is among what is to be put. */
function bringsSamples({ columns, changes }: FollowedTable): boolean {
  const at = columns.findIndex(({ name }) => name === SAMPLE_ID_COLUMN);
  if (at === -1) return false;
  for (const { after } of changes.list()) {
    const id = after?.values[at];
    if (typeof id === 'string' && id.startsWith(SAMPLE_ID_PREFIX)) return true;
  }
  return false;
}

function rowsOf({ tables }: OwnFile, { source: { table } }: FollowedTable): bigint {
  return tables.find(({ schema, name }) => schema === table.schema && name === table.name)?.rows ?? 0n;
}
