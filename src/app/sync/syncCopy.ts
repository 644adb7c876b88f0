import os from 'node:os';
import type { Workspace } from '../../duckdb/publish.ts';
import { openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from '../../duckdb/workingCopy.ts';
import type { SourceSnapshot } from '../../postgres/snapshot.ts';
import type { LoadContext } from './fullLoad.ts';
import type { SyncRequest } from './syncRequest.ts';

/** DuckDB's memory for a sync unless --memory says otherwise; peak resident memory is measured in docs/performance.md. */
export const DEFAULT_MEMORY = '320MB';
/** For writing a file anew: it comes out the same with little, and rows of many kilobytes may need more. */
export const COMPACT_MEMORY = ['160MB', DEFAULT_MEMORY];
/** Disk for rows on their way from PostgreSQL to DuckDB. */
const SPOOL_BYTES = 512 << 20;

/** Opens the working copy that a sync writes; a signal interrupts what runs in it. */
export async function openCopy(request: SyncRequest, workspace: Workspace): Promise<WorkingCopy> {
  const copy = await openWorkingCopy(workspace.copyPath, copyOptions(request, workspace));
  request.signal.addEventListener('abort', () => copy.interrupt?.(), { once: true });
  return copy;
}

/** What DuckDB may use for a sync. @param memory unless --memory says otherwise */
export function copyOptions(request: SyncRequest, workspace: Workspace, memory = DEFAULT_MEMORY): WorkingCopyOptions {
  return {
    memory: request.config.memory ?? memory,
    threads: os.availableParallelism(),
    temporaryFolder: workspace.temporaryFolder,
  };
}

/** What loading tables into the copy needs to know. */
export function loadContext(
  request: SyncRequest,
  workspace: Workspace,
  snapshot: SourceSnapshot,
  copy: WorkingCopy,
): LoadContext {
  return {
    snapshot,
    copy,
    spoolFolder: workspace.spoolFolder,
    jobs: request.jobs ?? Math.min(4, os.availableParallelism()),
    spoolBytes: request.config.spoolBytes ?? SPOOL_BYTES,
    signal: request.signal,
    onProgress: request.onProgress,
    places: request.places,
  };
}
