import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { LABEL_NAMES } from '../../duckdb/baseCurrencyState.ts';
import { compactFile, type FreshSize, isBloated } from '../../duckdb/compact.ts';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { type FollowPosition, writeFollowStateSql } from '../../duckdb/followState.ts';
import { type AppliedChanges, putNetChanges } from '../../duckdb/netChanges.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { type Receipt, writeReceipts } from '../../duckdb/receipts.ts';
import { rememberSampleTables } from '../../duckdb/sampleTables.ts';
import { openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from '../../duckdb/workingCopy.ts';
import { mapFileError } from '../../files/fileErrors.ts';
import { counted } from '../../model/counted.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { SAMPLE_ID_COLUMN, SAMPLE_ID_PREFIX } from '../../model/sampleRows.ts';
import { duckdbTable, STATE_SCHEMA } from '../../model/tableName.ts';
import { labelSums } from '../sync/baseCurrency.ts';
import { DEFAULT_MEMORY } from '../sync/syncCopy.ts';
import { fileIdentity } from '../validate/receipt.ts';
import { asRestart, type FollowedTable, renew } from './changedTables.ts';
import { Restart } from './restart.ts';

type OwnFile = Extract<PublishedFile, { kind: 'ours' }>;

interface TableCount {
  /** Whether anything was put into it since the last commit. */
  touched: boolean;
  rows: bigint;
  upserted: bigint;
  deleted: bigint;
}

/** What DuckDB may use for changes that come in pieces (MOST_HELD of the cycle): of more it only keeps blocks that nobody asks for again. */
const STREAM_MEMORY = '160MB';
/** A batch of more than this has values that are large by themselves, and gets what a sync has. */
const LARGE_BATCH = 48 << 20;

/** Looking for the currency of the sums, and for sample rows, reads columns: not for every small change. */
const LABEL_MS = 30_000;

/**
 * The private copy of the published file that stays open: changes are put into it, and copies of it published. One transaction
 * of DuckDB takes all changes since the last publish; until it ends they can be taken back.
 */
export class LiveFile {
  private inTransaction = false;
  /** Whether DuckDB may use what a sync may, until the transaction ends. */
  private hasRoom = false;
  private labelledAt = 0;
  /** Sample rows are told with the very file that they come in. */
  private samplesCame = false;
  private shares: boolean | null = null;
  /** Which file we left at the published place. */
  private left: string | null;
  private readonly counts: Map<FollowedTable, TableCount>;

  private constructor(
    private readonly config: Config,
    private readonly workspace: Workspace,
    private readonly tables: readonly FollowedTable[],
    private readonly copyPath: string,
    private copy: WorkingCopy,
    private file: OwnFile,
    private fresh: FreshSize,
  ) {
    this.left = fileIdentity(workspace.publishedPath);
    this.counts = new Map(
      tables.map((table) => [table, { touched: false, rows: rowsOf(file, table), upserted: 0n, deleted: 0n }]),
    );
  }

  /** @param file what the published file, which is copied here, says of itself */
  static async open(
    config: Config,
    workspace: Workspace,
    tables: readonly FollowedTable[],
    file: OwnFile,
  ): Promise<LiveFile> {
    workspace.clearCopy();
    workspace.copyPublished();
    // Of another name than the copy of a sync, which may have its turn in between.
    const copyPath = path.join(workspace.folder, 'live.duckdb');
    fs.rmSync(`${copyPath}.wal`, { force: true });
    fs.renameSync(workspace.copyPath, copyPath);
    const copy = await openWorkingCopy(copyPath, optionsOf(config, workspace));
    return new LiveFile(config, workspace, tables, copyPath, copy, file, file.fresh);
  }

  /**
   * Puts the changes that are held into the copy.
   * @throws Restart when they contradict what is there; FinanceDbError as a sync does
   */
  async put(): Promise<void> {
    for (const table of this.tables) {
      const { changes } = table;
      if (changes.size === 0 && !changes.truncated) continue;
      await this.begin();
      if (changes.bytes > LARGE_BATCH && !this.hasRoom) await this.limitMemory(DEFAULT_MEMORY);
      if (bringsSamples(table)) this.samplesCame = true;
      renew(table);
      try {
        this.note(table, await putNetChanges(this.copy, this.workspace.spoolFolder, table, changes));
      } catch (error) {
        throw asRestart(error, table);
      }
    }
  }

  private async limitMemory(memory: string): Promise<void> {
    if (this.config.memory !== undefined) return;
    await this.copy.run(`SET memory_limit = ${quoteLiteral(memory)}`);
    this.hasRoom = memory === DEFAULT_MEMORY;
  }

  private async begin(): Promise<void> {
    if (this.inTransaction) return;
    await this.copy.run('BEGIN TRANSACTION');
    this.inTransaction = true;
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
    await this.begin();
    for (const [table, { touched }] of this.counts) {
      if (!touched) continue;
      const [row] = await this.copy.all<{ n: string }>(
        `SELECT count(*)::VARCHAR AS n FROM ${duckdbTable(table.source.table)}`,
      );
      const { rows } = this.countOf(table);
      if (BigInt(row?.n ?? '-1') !== rows)
        throw new Restart(`${table.name} has ${counted(row?.n ?? '?', 'row')} where the changes leave ${rows}`, [
          table.name,
        ]);
    }
    const done = [...this.counts].map(([table, count]) => ({ table: table.source.table, ...count }));
    for (const statement of writeFollowStateSql(done, at, snapshot, seconds, now)) await this.copy.run(statement);
    const upserted = done.reduce((sum, count) => sum + count.upserted, 0n);
    const deleted = done.reduce((sum, count) => sum + count.deleted, 0n);
    const warnings = upserted + deleted > 0n ? await this.describe(now) : [];
    await this.copy.run('COMMIT');
    this.inTransaction = false;
    if (this.hasRoom) await this.limitMemory(STREAM_MEMORY);
    for (const count of this.counts.values()) {
      count.touched = false;
      count.upserted = 0n;
      count.deleted = 0n;
    }
    return { upserted, deleted, warnings };
  }

  /** What the file says of its rows: the currency of the sums, where they themselves say it, and which of them are samples. */
  private async describe(now: Date): Promise<readonly string[]> {
    const { sampleTables } = this.file;
    const isRecent = now.getTime() - this.labelledAt < LABEL_MS;
    // Whoever looks at sample rows is told how many there are still.
    if (!isRecent || this.samplesCame || sampleTables.length > 0) await this.countSamples();
    this.samplesCame = false;
    if (isRecent) return [];
    this.labelledAt = now.getTime();
    await this.copy.run(
      `DELETE FROM ${STATE_SCHEMA}.about WHERE name IN (${LABEL_NAMES.map(quoteLiteral).join(', ')})`,
    );
    return labelSums(this.copy, this.config, this.file.baseCurrency, null);
  }

  private async countSamples(): Promise<void> {
    const synced = this.tables.map(({ source, columns }) => ({ table: source.table, columns }));
    const others = this.file.sampleTables.filter(({ table }) => !this.tables.some(({ name }) => name === table));
    await rememberSampleTables(this.copy, synced, others);
  }

  /**
   * Publishes a copy of the copy, to which nothing may be put meanwhile.
   * @returns bytes that were written for it, and what was set aside, in words
   */
  async publish(now: Date): Promise<{ written: number; bytes: number; aside: string | null }> {
    await this.copy.run('CHECKPOINT finance_db_copy');
    await this.compactIfBloated();
    const finished = path.join(this.workspace.folder, 'publish.duckdb');
    const shared = await this.duplicate(finished).catch((error: unknown) => {
      fs.rmSync(finished, { force: true });
      throw mapFileError(error, finished);
    });
    const bytes = fs.statSync(finished).size;
    const aside = await this.workspace.publish(now, finished);
    this.left = fileIdentity(this.workspace.publishedPath);
    return { written: shared ? 0 : bytes, bytes, aside };
  }

  /** Whether the published file is the one that we left there: neither replaced nor written to since. */
  isUntouched(): boolean {
    return fileIdentity(this.workspace.publishedPath) === this.left;
  }

  /** @returns whether both share their blocks, so that nearly nothing was written */
  private async duplicate(finished: string): Promise<boolean> {
    await fs.promises.rm(finished, { force: true });
    const { COPYFILE_FICLONE_FORCE } = fs.constants;
    const { copyPath } = this;
    if (this.shares !== false)
      this.shares = await succeeds(fs.promises.copyFile(copyPath, finished, COPYFILE_FICLONE_FORCE));
    if (!this.shares) await fs.promises.copyFile(copyPath, finished);
    const handle = await fs.promises.open(finished, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return this.shares;
  }

  private async compactIfBloated(): Promise<void> {
    const { copyPath } = this;
    const rows = [...this.counts.values()].reduce((sum, count) => sum + count.rows, this.otherRows());
    if (!isBloated(fs.statSync(copyPath).size, rows, this.fresh)) return;
    await this.copy.close();
    await compactFile(copyPath, optionsOf(this.config, this.workspace, DEFAULT_MEMORY), rows, this.fresh);
    // Whether it could be done or not: what it measures now is what the next look goes by.
    this.fresh = { bytes: fs.statSync(copyPath).size, rows };
    this.copy = await openWorkingCopy(copyPath, optionsOf(this.config, this.workspace));
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
    await writeReceipts(this.copy, receipts);
  }

  /** Lets go of the copy and of the memory that it takes; nothing may be open in it. */
  async suspend(): Promise<void> {
    await this.copy.close();
  }

  /** Opens the copy again where it was left. */
  async resume(): Promise<void> {
    this.copy = await openWorkingCopy(this.copyPath, optionsOf(this.config, this.workspace));
  }

  /** What is not committed is gone with it. */
  close(): void {
    this.copy.abandon();
  }

  interrupt(): void {
    this.copy.interrupt?.();
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

function optionsOf(config: Config, workspace: Workspace, memory = STREAM_MEMORY): WorkingCopyOptions {
  return {
    memory: config.memory ?? memory,
    threads: os.availableParallelism(),
    temporaryFolder: workspace.temporaryFolder,
  };
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
