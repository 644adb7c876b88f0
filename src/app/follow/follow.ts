import { setTimeout as delay } from 'node:timers/promises';
import { writeFollowNote } from '../../duckdb/followNote.ts';
import { openWorkspace, type Workspace } from '../../duckdb/publish.ts';
import { type FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { mapFileError } from '../../files/fileErrors.ts';
import { displayName } from '../../model/tableName.ts';
import { WriteBudget } from '../../model/writeBudget.ts';
import type { ScannedTable } from '../../postgres/replication/followable.ts';
import { LOCK_TIMEOUT } from '../../postgres/replication/slot.ts';
import { withPostgres } from '../../postgres/server.ts';
import { besideFollower } from '../sync/besideFollower.ts';
import { begin, type Doubt } from './beginning.ts';
import { FollowCycle, PULSE_MS } from './cycle.ts';
import type { FollowRequest, Standing } from './followRequest.ts';
import { withRoom } from './memory.ts';
import { Restart } from './restart.ts';

/** After a failure, and after each further one twice as long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** A stream that ran for so long was a success, whatever ended it. */
const SUCCESS_MS = 30_000;

/** So often a connection may be lost before the first scan has come to its end. */
const FIRST_TRIES = 5;

const NO_DOUBT: Doubt = { scan: false, fullTables: [] };

/** What passes by itself: the server comes back, a lock is released, somebody closes the file or frees space. */
const PASSING: ReadonlySet<FinanceDbError['code']> = new Set([
  'PG_CONNECTION_LOST',
  'PG_UNREACHABLE',
  'PG_TOO_MANY_CONNECTIONS',
  // In a failover the address may lead to one that has not yet taken over, and lags behind the file.
  'PG_STANDBY',
  'PG_LOCKED',
  'PG_QUERY',
  'DUCKDB_LOCKED',
  'DISK_FULL',
]);

/**
 * Keeps the DuckDB file equal to PostgreSQL, half a second behind (docs/follow.md): a scan, then the stream of changes, published
 * as the same immutable file. Whatever makes the stream doubtful leads back to a scan. Ends when the signal says so, or with `once`
 * when it has come to where the server was.
 * @throws FinanceDbError that does not pass by itself; the reason of the signal. The file is as it was last published
 */
export async function follow(request: FollowRequest): Promise<void> {
  const { config, now, signal } = request;
  const workspace = await openWorkspace(config.duckdbPath, {
    waitMs: request.waitSeconds * 1000,
    fileMode: config.fileMode,
    now: now(),
    signal,
  }).catch((error: unknown) => caughtUpBy(request, error));
  if (workspace === null) return;
  try {
    await new Follower(request, workspace).run();
  } catch (error) {
    throw mapFileError(error, workspace.publishedPath);
  } finally {
    workspace.close();
  }
}

/**
 * Who only wants to have caught up is content when the one does who follows already, as a sync is.
 * @returns null when the file holds all that was committed
 * @throws the error when nobody follows, or this one was to follow without end
 */
async function caughtUpBy(request: FollowRequest, error: unknown): Promise<null> {
  const { config, now, signal, onProgress, waitSeconds } = request;
  const { tables, indexes } = config;
  const asked = { config, tables, full: false, jobs: null, waitSeconds, indexes, now, signal, onProgress };
  const result = request.once ? await besideFollower(asked, error) : null;
  if (result === null) throw error;
  request.onEvent({ kind: 'scanned', result });
  return null;
}

class Follower {
  private readonly budget: WriteBudget;
  private cycle: FollowCycle | null = null;
  private waiting: string | null = null;
  /** Of streams that have ended. */
  private before = {
    commits: 0,
    rows: 0,
    publishedAt: null as Date | null,
    position: null as string | null,
    asOf: null as Date | null,
  };
  private doubt: Doubt = NO_DOUBT;
  private everScanned = false;
  /** What was said of tables that are scanned. */
  private readonly said = new Set<string>();

  constructor(
    private request: FollowRequest,
    private readonly workspace: Workspace,
  ) {
    this.budget = new WriteBudget(request.writeBudget, performance.now());
  }

  async run(): Promise<void> {
    const { signal, once, now } = this.request;
    const since = now().toISOString();
    this.tell(since);
    const timer = setInterval(() => this.tell(since), this.request.pulseMs ?? PULSE_MS);
    try {
      for (let failures = 0; ; ) {
        const started = performance.now();
        try {
          await this.runCycle();
          return;
        } catch (error) {
          signal.throwIfAborted();
          if (performance.now() - started > SUCCESS_MS) failures = 0;
          failures++;
          const wait = this.afterFailure(error, failures, once);
          this.waiting = messageOf(error);
          await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
          this.waiting = null;
        }
      }
    } finally {
      clearInterval(timer);
    }
  }

  private async runCycle(): Promise<void> {
    const { request, workspace } = this;
    const { config, now, signal } = request;
    const context = { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs, toFollow: true };
    await withPostgres(context, async (server) => {
      const beginning = await begin(request, workspace, server, this.doubt);
      this.doubt = NO_DOUBT;
      this.everScanned = true;
      request.onEvent({ kind: 'scanned', result: beginning.scan });
      this.tellOfScanned(beginning.scanned);
      const cycle = new FollowCycle(request, workspace, beginning, this.budget);
      this.cycle = cycle;
      try {
        await cycle.run();
      } finally {
        this.cycle = null;
        const { commits, rows, publishedAt, position, asOf } = cycle.standing();
        this.before = {
          ...{ commits: this.before.commits + commits, rows: this.before.rows + rows },
          ...{ publishedAt: publishedAt ?? this.before.publishedAt, position, asOf: asOf ?? this.before.asOf },
        };
      }
    });
  }

  /**
   * Decides what becomes of a failure.
   * @returns how long to wait before the next try
   * @throws what does not pass by itself
   */
  private afterFailure(error: unknown, failures: number, once: boolean): number {
    const again = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    if (error instanceof Restart) {
      this.doubt = { scan: true, fullTables: error.fullTables };
      this.before = { ...this.before, asOf: null };
      // Definitions may change many times in a row; a file that contradicts the stream should not, after a scan.
      const patient = error.fullTables.length > 0 ? again : FIRST_PAUSE_MS;
      const waitMs = failures === 1 ? 0 : patient;
      this.request.onEvent({ kind: 'restart', reason: error.message, waitMs });
      return waitMs;
    }
    const roomier = withRoom(this.request, error);
    if (roomier !== null) {
      this.request = roomier;
      this.request.onEvent({ kind: 'restart', reason: messageOf(error), waitMs: 0 });
      return 0;
    }
    const passes = isFinanceDbError(error) && PASSING.has(error.code);
    if (!passes || once || !(this.everScanned || isNoSetting(error, failures))) throw error;
    this.request.onEvent({ kind: 'restart', reason: error.message, waitMs: again });
    return again;
  }

  /** Once for each table and reason. */
  private tellOfScanned(scanned: readonly ScannedTable[]): void {
    for (const { source, why } of scanned) {
      const text = `${displayName(source.table)} is scanned now and then, not followed: ${why}`;
      if (!this.said.has(text)) this.request.onEvent({ kind: 'warning', text });
      this.said.add(text);
    }
  }

  /** Where all streams together stand. */
  private standing(): Standing {
    const { commits, rows, publishedAt, position, asOf } = this.before;
    if (this.cycle === null)
      return {
        ...{ state: this.waiting === null ? 'scanning' : 'waiting', why: this.waiting, position, received: null },
        ...{
          lagSeconds: 0,
          publishedAt,
          lookedAt: null,
          asOf,
          commits,
          rows,
          slot: null,
          scanned: [],
          scannedAt: null,
        },
      };
    const standing = this.cycle.standing();
    return {
      ...standing,
      commits: standing.commits + commits,
      rows: standing.rows + rows,
      publishedAt: standing.publishedAt ?? publishedAt,
      asOf: standing.asOf ?? asOf,
    };
  }

  private tell(since: string): void {
    const standing = this.standing();
    this.request.onEvent({ kind: 'standing', standing });
    writeFollowNote(this.workspace.folder, {
      tables: this.request.config.tables.map(displayName).filter((name) => !standing.scanned.includes(name)),
      scanned: standing.scanned,
      scanned_at: standing.scannedAt?.toISOString() ?? null,
      ...{ pid: process.pid, publication: this.request.publication, since, at: this.request.now().toISOString() },
      ...{ state: standing.state, why: standing.why, position: standing.position, lag_seconds: standing.lagSeconds },
      ...{ published_at: standing.publishedAt?.toISOString() ?? null, slot: standing.slot },
      looked_at: standing.lookedAt?.toISOString() ?? null,
      as_of: standing.asOf?.toISOString() ?? null,
    });
  }
}

/** Before anything has worked, what is wrong is most likely a setting; a table that somebody has locked, or a connection that was there, is not. */
function isNoSetting({ code, details }: FinanceDbError, failures: number): boolean {
  if (code === 'PG_CONNECTION_LOST') return failures <= FIRST_TRIES;
  return code === 'PG_LOCKED' && details?.['sqlstate'] === LOCK_TIMEOUT;
}
