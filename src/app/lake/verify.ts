import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openWorkingCopy, type WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { commitProperties } from '../../lake/commit.ts';
import { type LakeState, stateOf } from '../../lake/state.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { type LakeTable, loadTable } from '../../lake/table.ts';
import { agreeing, counted } from '../../model/counted.ts';
import type { FileSource } from '../../model/fileSource.ts';
import { displayName, duckdbTable, type TableName } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import { checkTable } from '../validate/checkTable.ts';
import { overallVerdict, type TableCheck, type ValidationResult, verdictOf } from '../validate/result.ts';
import { openComparison, withSpoolFolder } from '../validate/session.ts';
import type { LakeRequest } from './lake.ts';
import { asTableState, writeLakeState } from './lakeCopy.ts';
import { newRun, openLake } from './openLake.ts';
import { loadFiles } from './verifyFiles.ts';

export interface VerifyRequest extends LakeRequest {
  /** How many differing values to name. */
  readonly limit: number;
}

/** One table of a proof. */
export interface VerifiedTable {
  readonly check: TableCheck;
  readonly location: string;
  readonly version: number;
  readonly files: number;
  /** Files that are missing, cut short, swapped or cannot be read: one line each. */
  readonly damagedFiles: readonly string[];
}

export interface LakeProof {
  readonly validation: ValidationResult;
  readonly tables: readonly VerifiedTable[];
}

interface Opened {
  readonly name: TableName;
  readonly store: LakeStore;
  readonly table: LakeTable;
  readonly state: LakeState;
}

const VERIFY_MEMORY = '320MB';
export const RECEIPT_PROPERTY = 'finance-db.verified';

/**
 * Compares the files that the lake's newest snapshot names, read by DuckDB, with PostgreSQL in one snapshot of it; what changed
 * there since is lag. The receipt becomes a property of the table.
 * @throws FinanceDbError LAKE_MISSING, LAKE_UNREADABLE, OTHER_SOURCE, the PG_ family; damage is a result, not an error
 */
export async function verifyLake(request: VerifyRequest): Promise<LakeProof> {
  const run = newRun();
  const lake = openLake(request.place, request.env, run, request.signal);
  const opened: Opened[] = [];
  for (const name of request.tables) opened.push(await openTable(name, lake.table(name)));
  return withSpoolFolder(async (folder) => {
    const copy = await openWorkingCopy(path.join(folder, 'lake.duckdb'), {
      memory: request.config.memory ?? VERIFY_MEMORY,
      threads: os.availableParallelism(),
      temporaryFolder: path.join(folder, 'tmp'),
    });
    try {
      await writeLakeState(
        copy,
        opened.map(({ state }) => state),
      );
      const damaged = new Map<string, string[]>();
      for (const one of opened) {
        request.onStep(`${displayName(one.name)}: reading the lake's files`);
        damaged.set(displayName(one.name), await loadFiles(copy, one.store, one.table, one.state, folder));
      }
      const result = await compare(request, copy, opened, folder, damaged);
      const receiptProblem = await storeReceipts(request, opened, result, run);
      return {
        validation: { ...result, receiptProblem },
        tables: opened.map(({ name, store, table }, index) => ({
          check: result.tables[index] as TableCheck,
          location: store.location,
          version: table.version,
          files: table.entries.length,
          damagedFiles: damaged.get(displayName(name)) ?? [],
        })),
      };
    } finally {
      copy.abandon();
    }
  });
}

async function openTable(name: TableName, store: LakeStore): Promise<Opened> {
  const table = await loadTable(store);
  if (table === null)
    throw new FinanceDbError('LAKE_MISSING', `there is no table ${displayName(name)} at ${store.location}`, {
      details: { table: displayName(name), location: store.location },
    });
  const state = stateOf(table);
  if (state === null)
    throw new FinanceDbError('LAKE_NOT_OURS', `the newest snapshot of ${store.location} does not say what it equals`, {
      remedy: 'another program wrote it, or rolled it back: run `finance-db lake --rebuild`',
    });
  return { name, store, table, state };
}

async function compare(
  request: VerifyRequest,
  copy: WorkingCopy,
  opened: readonly Opened[],
  folder: string,
  damaged: ReadonlyMap<string, readonly string[]>,
): Promise<ValidationResult> {
  const owner = JSON.parse(opened[0]?.state.about['source'] ?? 'null') as FileSource | null;
  const config = {
    ...request.config,
    tables: opened.map(({ name }) => name),
    duckdbPath: opened[0]?.store.location ?? '',
  };
  fs.mkdirSync(path.join(folder, 'spool'), { recursive: true });
  return openComparison(
    { ...request, config, quick: false },
    owner,
    copy,
    path.join(folder, 'spool'),
    async ({ context, finish }) => {
      const checks: TableCheck[] = [];
      for (const source of context.snapshot.tables) {
        const one = opened.find(({ name }) => duckdbTable(name) === duckdbTable(source.table)) as Opened;
        const check = await checkTable(context, source, mapColumns(source), asTableState(one.state));
        checks.push(withFiles(check, damaged.get(check.table) ?? []));
      }
      const result = finish(checks);
      return { ...result, status: overallVerdict(checks) };
    },
  );
}

/** A damaged file is damage, whatever the rows say: an engine reads it, or trips over it. */
function withFiles(check: TableCheck, files: readonly string[]): TableCheck {
  const problem = check.problem?.replaceAll('the DuckDB file', 'the lake') ?? null;
  const notes = check.notes.map((note) =>
    note.replaceAll('finance-db sync', 'finance-db lake').replaceAll('the file', 'the lake'),
  );
  if (files.length === 0) return { ...check, problem, notes };
  const damaged = `${counted(files.length, 'file')} of the lake ${agreeing(files.length, 'is', 'are')} damaged`;
  return { ...check, notes, problem: [damaged, ...(problem === null ? [] : [problem])].join('; ') };
}

/** @returns why the receipt is missing, or null */
async function storeReceipts(
  { now, expireMs }: VerifyRequest,
  opened: readonly Opened[],
  result: ValidationResult,
  run: string,
): Promise<string | null> {
  try {
    for (const [index, { store, table, state }] of opened.entries()) {
      const check = result.tables[index] as TableCheck;
      const receipt = JSON.stringify({
        verified_at: now().toISOString(),
        verdict: verdictOf(check),
        snapshot_id: table.snapshot?.['snapshot-id'] ?? null,
        published_as_of: state.snapshot,
        compared_in: result.snapshot,
        rows: { postgres: String(check.rows.postgres), lake: String(check.rows.duckdb) },
        digest: check.digest === null ? null : { postgres: check.digest.postgres, lake: check.digest.duckdb },
      });
      await commitProperties({ store, run, now: now(), expireMs }, table, { [RECEIPT_PROPERTY]: receipt }, true);
    }
    return null;
  } catch (error) {
    if (isFinanceDbError(error)) return error.message;
    throw error;
  }
}
