import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { readPublishedFile } from '../duckdb/fileState.ts';
import { writeReceipts } from '../duckdb/receipts.ts';
import { openStored } from '../duckdb/storedFile.ts';
import { FinanceDbError } from '../errors/financeDbError.ts';
import type { TableState } from '../model/syncPlan.ts';
import type { TableName } from '../model/tableName.ts';
import { mapColumns } from '../model/typeMapping.ts';
import { bytesReceived, readDialect } from '../postgres/digest.ts';
import { withPostgres } from '../postgres/server.ts';
import type { PgSession } from '../postgres/session.ts';
import { openSnapshot, readPosition, type SourceSnapshot } from '../postgres/snapshot.ts';
import type { ReadyToPublish } from './sync.ts';
import { fileIdentity, receiptsOf, storeReceipts } from './validateReceipt.ts';
import { type CheckContext, overallVerdict, type TableCheck, type ValidationResult } from './validateResult.ts';
import { checkTable } from './validateTable.ts';

export interface ValidateRequest {
  readonly config: Config;
  readonly quick: boolean;
  readonly limit: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/** DuckDB's memory for a comparison; what it must remember beyond goes to the temporary folder. */
export const VALIDATE_MEMORY = '320MB';

/**
 * Compares the published file with PostgreSQL, in one snapshot of it.
 * @throws FinanceDbError DUCKDB_MISSING, DUCKDB_UNREADABLE, the PG_ family; damage is a result, not an error
 */
export async function validate(request: ValidateRequest): Promise<ValidationResult> {
  const { config, signal, now } = request;
  const identity = fileIdentity(config.duckdbPath);
  const result = await compare(request);
  request.onStep('storing the receipt');
  const receipts = receiptsOf(result, request.quick ? 'validate --quick' : 'validate', now());
  const receiptProblem = await storeReceipts(config.duckdbPath, identity, receipts, { now: now(), signal });
  return { ...result, receiptProblem };
}

async function compare(request: ValidateRequest): Promise<ValidationResult> {
  const { config, signal, now } = request;
  const states = await readStates(config.duckdbPath);
  return withTemporaryFolder(async (folder) => {
    const stored = await openStored(config.duckdbPath, {
      memory: VALIDATE_MEMORY,
      threads: os.availableParallelism(),
      temporaryFolder: path.join(folder, 'tmp'),
    });
    const interrupt = (): void => stored.connection.interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      return await withPostgres({ target: config.postgres, now: now(), signal }, async (server) => {
        const started = performance.now();
        request.onStep('taking a snapshot of PostgreSQL');
        const session = await server.connect();
        const position = await readPosition(session);
        const snapshot = await openSnapshot(
          server,
          session,
          config.tables,
          position.identity.systemIdentifier !== null,
        );
        const counted = countBytes(snapshot);
        const context: CheckContext = {
          ...{ copy: stored, snapshot: counted.snapshot, dialect: await readDialect(snapshot), signal },
          spoolFolder: path.join(folder, 'spool'),
          jobs: Math.min(4, os.availableParallelism()),
          limit: request.limit,
          onStep: request.onStep,
        };
        const tables: TableCheck[] = [];
        for (const source of snapshot.tables) {
          signal.throwIfAborted();
          const state = states.find((known) => isSame(known, source.table));
          if (state === undefined) throw notSynced(source.table);
          tables.push(await checkTable(context, source, mapColumns(source), state));
        }
        return toResult(tables, snapshot, started, counted.bytes());
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
      stored.abandon();
    }
  });
}

/** Compares a finished working copy with the very snapshot that it was made from: nothing can lag. */
export async function validateBeforePublish(
  ready: ReadyToPublish,
  options: Pick<ValidateRequest, 'limit' | 'now' | 'signal' | 'onStep'>,
): Promise<ValidationResult> {
  const started = performance.now();
  const counted = countBytes(ready.snapshot);
  return withTemporaryFolder(async (folder) => {
    const context: CheckContext = {
      ...options,
      ...{ copy: ready.copy, snapshot: counted.snapshot, dialect: await readDialect(ready.snapshot) },
      spoolFolder: path.join(folder, 'spool'),
      jobs: Math.min(4, os.availableParallelism()),
    };
    const tables: TableCheck[] = [];
    for (const { plan, columns } of ready.tables) tables.push(await checkTable(context, plan.source, columns, null));
    const result = toResult(tables, ready.snapshot, started, counted.bytes());
    await writeReceipts(ready.copy, receiptsOf(result, 'sync --validate', options.now()));
    return result;
  });
}

function toResult(
  tables: readonly TableCheck[],
  snapshot: SourceSnapshot,
  started: number,
  bytes: number,
): ValidationResult {
  return {
    status: overallVerdict(tables),
    tables,
    snapshot: snapshot.snapshotText,
    seconds: Math.round(performance.now() - started) / 1000,
    bytesReceived: bytes,
    receiptProblem: null,
  };
}

async function readStates(file: string): Promise<readonly TableState[]> {
  const published = await readPublishedFile(file);
  if (published.kind === 'missing')
    throw new FinanceDbError('DUCKDB_MISSING', `there is no DuckDB file at ${file}`, { details: { path: file } });
  if (published.kind === 'unusable')
    throw new FinanceDbError('DUCKDB_UNREADABLE', `${file} cannot be validated: ${published.why}`, {
      details: { path: file },
    });
  if (published.sample)
    throw new FinanceDbError(
      'DUCKDB_MISSING',
      `${file} holds the built-in sample data, which has no PostgreSQL table to equal`,
      {
        details: { path: file },
      },
    );
  return published.tables;
}

function notSynced(table: TableName): FinanceDbError {
  return new FinanceDbError('DUCKDB_MISSING', `the DuckDB file does not hold ${table.schema}.${table.name} yet`, {
    details: { table: `${table.schema}.${table.name}` },
  });
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

async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-validate-'));
  try {
    fs.mkdirSync(path.join(folder, 'tmp'));
    return await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function isSame(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}
