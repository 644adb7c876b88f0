import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { hasLog } from '../../duckdb/companions.ts';
import { currentFollower, handToFollower } from '../../duckdb/followNote.ts';
import { openWorkspace } from '../../duckdb/publish.ts';
import { type Receipt, receiptsJson, writeReceipts } from '../../duckdb/receipts.ts';
import { openWorkingCopy } from '../../duckdb/workingCopy.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { VERSION } from '../../version.ts';
import { type ValidationResult, verdictOf } from './result.ts';

/** The rows that tell of a validation. */
export function receiptsOf(result: ValidationResult, how: string, now: Date): Receipt[] {
  return result.tables.map((check) => ({
    validatedAt: now.toISOString(),
    outcome: result.status,
    how,
    snapshot: result.snapshot,
    table: check.table,
    tableOutcome: verdictOf(check),
    postgresRows: check.rows.postgres,
    duckdbRows: check.rows.duckdb,
    lag: check.lag,
    damage: check.damage,
    buckets: check.buckets,
    digest: check.digest,
    problem: check.problem,
    seconds: result.seconds,
    toolVersion: VERSION,
  }));
}

/** Which file is at a place: a sync puts another one there. */
export function fileIdentity(file: string): string | null {
  const stat = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

/**
 * Stores receipts in the published file as a sync would: in a copy, which shares the file's blocks where the file system
 * can, put in its place by a rename. It never waits, and never fails what it tells of.
 * @param validated the identity of the file that was validated
 * @returns null when stored, else why not
 */
export async function storeReceipts(
  file: string,
  validated: string | null,
  receipts: readonly Receipt[],
  options: { readonly fileMode: number; readonly now: Date; readonly signal: AbortSignal },
): Promise<string | null> {
  try {
    const workspace = await openWorkspace(file, { waitMs: 0, ...options });
    try {
      if (fileIdentity(file) !== validated) return 'a sync has published another file meanwhile';
      // What readers see, and what was validated, is the file with that; the receipt would part them.
      if (hasLog(workspace.publishedPath)) return 'another program has written beside the file (.wal)';
      workspace.copyPublished();
      const copy = await openWorkingCopy(workspace.copyPath, {
        memory: '200MB',
        threads: os.availableParallelism(),
        temporaryFolder: workspace.temporaryFolder,
      });
      try {
        await writeReceipts(copy, receipts);
        await copy.close();
      } catch (error) {
        copy.abandon();
        throw error;
      }
      await workspace.publish(options.now);
      return null;
    } finally {
      workspace.close();
    }
  } catch (error) {
    if (isFinanceDbError(error) && error.code === 'SYNC_LOCKED' && currentFollower(file) !== null) {
      handToFollower(file, randomUUID(), receiptsJson(receipts));
      return null;
    }
    if (isFinanceDbError(error)) return error.message;
    throw error;
  }
}
