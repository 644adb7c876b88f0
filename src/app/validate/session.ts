import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { brokenSeals } from '../../duckdb/stateSeal.ts';
import type { StoredFile } from '../../duckdb/storedFile.ts';
import { withTemporaryFolder } from '../../files/temporaryFolder.ts';
import type { FileSource } from '../../model/fileSource.ts';
import { readDialect } from '../../postgres/dialect.ts';
import { bytesReceived } from '../../postgres/digest.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { openSnapshot, readPosition, type SourceSnapshot } from '../../postgres/snapshot.ts';
import { requireOwnSource } from '../sync/published.ts';
import { type CheckContext, overallVerdict, type TableCheck, type ValidationResult } from './result.ts';

export interface ValidateRequest {
  readonly config: Config;
  /** Counts, sums, minima and maxima only. */
  readonly quick: boolean;
  /** How many differing values to name. */
  readonly limit: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/** DuckDB's memory for a comparison; what it must remember beyond goes to the temporary folder. */
export const VALIDATE_MEMORY = '320MB';

/** And for a scan of a table, where it has only the blocks that each thread reads to hold. */
export function scanMemory(threads: number): string {
  return `${Math.min(320, 32 + 16 * threads)}MB`;
}

/** A comparison that is under way. */
export interface Comparison {
  readonly context: CheckContext;
  /** What there is to say when all tables were checked. */
  finish(tables: readonly TableCheck[]): ValidationResult;
}

/**
 * Opens one snapshot of PostgreSQL for all tables and compares in it.
 * @param owner whose data the file holds
 * @throws FinanceDbError OTHER_SOURCE when that is not the configured database
 */
export async function openComparison<T>(
  request: ValidateRequest,
  owner: FileSource | null,
  copy: StoredFile,
  spoolFolder: string,
  use: (comparison: Comparison) => Promise<T>,
): Promise<T> {
  const { config, signal, now } = request;
  const interrupt = (): void => copy.interrupt?.();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await withPostgres(
      { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs },
      async (server) => {
        request.onStep('taking a snapshot of PostgreSQL');
        const session = await server.connect();
        const position = await readPosition(session);
        const { place, database } = server;
        const { systemIdentifier, databaseOid } = position.identity;
        requireOwnSource(owner, { systemIdentifier, databaseOid, database, place }, config.duckdbPath);
        const hasIdentity = position.identity.systemIdentifier !== null;
        const snapshot = await openSnapshot(server, session, config.tables, hasIdentity);
        return use(await beginComparison(request, copy, spoolFolder, snapshot));
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** Compares in a snapshot that is open already. */
export async function beginComparison(
  request: Pick<ValidateRequest, 'quick' | 'limit' | 'signal' | 'onStep'>,
  copy: StoredFile,
  spoolFolder: string,
  snapshot: SourceSnapshot,
): Promise<Comparison> {
  const started = performance.now();
  const counted = countBytes(snapshot);
  const { limit, signal, onStep } = request;
  return {
    context: {
      ...{ copy, spoolFolder, limit, signal, onStep },
      snapshot: counted.snapshot,
      dialect: await readDialect(snapshot),
      altered: await brokenSeals(copy),
      jobs: Math.min(4, os.availableParallelism()),
    },
    finish: (tables) => ({
      status: overallVerdict(tables),
      quick: request.quick,
      tables,
      snapshot: snapshot.snapshotText,
      seconds: Math.round(performance.now() - started) / 1000,
      bytesReceived: counted.bytes(),
      receiptProblem: null,
      warnings: fewerConnections(snapshot.refusal()),
      metAt: null,
    }),
  };
}

/** The same snapshot, but it remembers its sessions to ask how much came through them. */
function countBytes(snapshot: SourceSnapshot): { snapshot: SourceSnapshot; bytes: () => number } {
  const sessions: PgSession[] = [snapshot.session];
  const before = bytesReceived(snapshot.session);
  return {
    snapshot: {
      ...snapshot,
      join: async () => {
        const session = await snapshot.join();
        if (session !== null) sessions.push(session);
        return session;
      },
    },
    bytes: () => sessions.reduce((sum, session) => sum + bytesReceived(session), -before),
  };
}

/** A place for rows on their way (`FOLDER`) and for what DuckDB does not keep in memory (`FOLDER/tmp`). */
export function withSpoolFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  return withTemporaryFolder('finance-db-validate-', (folder) => {
    fs.mkdirSync(path.join(folder, 'tmp'));
    return use(folder);
  });
}

function fewerConnections(refusal: string | null): string[] {
  return refusal === null ? [] : [`compared with fewer connections than this machine could use: ${refusal}`];
}
