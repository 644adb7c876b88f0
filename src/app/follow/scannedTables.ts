import { takeScanWish } from '../../duckdb/followNote.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { withPostgres } from '../../postgres/server.ts';
import { syncInto } from '../sync/sync.ts';
import type { SyncResult } from '../sync/syncRequest.ts';
import type { FollowRequest } from './followRequest.ts';
import { leanly } from './memory.ts';

/** A scan of tables that no stream tells of begins so long after the last one ended, */
const PACE_MS = 60_000;
/** and takes at most this share of the time. */
const SHARE = 1 / 20;

/**
 * The tables that no stream tells exactly: beside the stream an ordinary sync brings them up to date now and then, each time as of a
 * snapshot of its own, which is the watermark that the file says for them.
 */
export class ScannedTables {
  private notBefore: number;
  private scannedAt: Date | null;

  /** @param scannedAt when the scan began that has just brought them up to date; null when none has */
  constructor(
    private readonly request: FollowRequest,
    private readonly workspace: Workspace,
    private readonly tables: readonly TableName[],
    scannedAt: Date | null,
  ) {
    this.scannedAt = scannedAt;
    this.notBefore = scannedAt === null ? 0 : performance.now() + this.paceMs;
  }

  get areThere(): boolean {
    return this.tables.length > 0;
  }

  /** When the last scan of them began; null before the first one. */
  get lastScan(): Date | null {
    return this.areThere ? this.scannedAt : null;
  }

  /** Whether it is time, or somebody waits for it. */
  isDue(): boolean {
    if (!this.areThere) return false;
    return takeScanWish(this.workspace.folder) || performance.now() >= this.notBefore;
  }

  /**
   * Syncs them into the published file, in connections of their own. Whoever has a copy of that file needs another one if it was
   * published anew.
   * @throws FinanceDbError as a sync does
   */
  async scan(): Promise<SyncResult> {
    const { config, now, signal, onProgress } = this.request;
    const started = performance.now();
    const begun = now();
    const context = { target: config.postgres, now: begun, signal, lockWaitMs: config.lockWaitMs, toFollow: true };
    const asked = {
      ...{ config: leanly(this.request), tables: this.tables, full: false, jobs: null, waitSeconds: 0 },
      indexes: config.indexes,
      besideStream: true as const,
      // Of its own: a sync listens to its signal for as long as that lives.
      ...{ now, signal: AbortSignal.any([signal]), onProgress },
    };
    const result = await withPostgres(context, (server) => syncInto(asked, this.workspace, server));
    this.scannedAt = begun;
    const took = performance.now() - started;
    this.notBefore = performance.now() + Math.max(this.paceMs, took / SHARE);
    return result;
  }

  names(): string[] {
    return this.tables.map(displayName);
  }

  private get paceMs(): number {
    return this.request.scanPaceMs ?? PACE_MS;
  }
}
