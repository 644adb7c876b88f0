import path from 'node:path';
import { writeReceipts } from '../../duckdb/receipts.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import type { ReadyToPublish } from '../sync/syncRequest.ts';
import { checkTable } from './checkTable.ts';
import { meetFollower } from './meetFollower.ts';
import { openPublished } from './openPublished.ts';
import { receiptsOf, storeReceipts } from './receipt.ts';
import type { TableCheck, ValidationResult } from './result.ts';
import { beginComparison, openComparison, type ValidateRequest, withSpoolFolder } from './session.ts';
import { stateOf } from './storedStates.ts';

/**
 * Compares the published file with PostgreSQL, in one snapshot of it, and stores the receipt in the file.
 * @throws FinanceDbError DUCKDB_MISSING, DUCKDB_UNREADABLE, the PG_ family; damage is a result, not an error
 */
export async function validate(request: ValidateRequest): Promise<ValidationResult> {
  const { config, signal, now } = request;
  const met = await meetFollower(request);
  const { result, identity } = met.compared ?? (await compare(request, met.why));
  request.onStep('storing the receipt');
  const receipts = receiptsOf(result, request.quick ? 'validate --quick' : 'validate', now());
  const receiptProblem = await storeReceipts(config.duckdbPath, identity, receipts, {
    fileMode: config.fileMode,
    now: now(),
    signal,
  });
  return { ...result, receiptProblem };
}

/** @param why what follower could not be met and why, in words; null for none */
async function compare(
  request: ValidateRequest,
  why: string | null,
): Promise<{ result: ValidationResult; identity: string | null }> {
  return withSpoolFolder(async (folder) => {
    const { stored, states, owner, identity } = await openPublished(request.config, path.join(folder, 'tmp'));
    try {
      const result = await openComparison(
        request,
        owner,
        stored,
        path.join(folder, 'spool'),
        async ({ context, finish }) => {
          const tables: TableCheck[] = [];
          for (const source of context.snapshot.tables) {
            request.signal.throwIfAborted();
            const state = stateOf(states, source.table);
            tables.push(await checkTable(context, source, mapColumns(source), state, request.quick));
          }
          return finish(tables);
        },
      );
      return { result: why === null ? result : { ...result, warnings: [...result.warnings, why] }, identity };
    } finally {
      stored.abandon();
    }
  });
}

/**
 * Compares a finished working copy with the very snapshot that it was made from: nothing can lag. The receipt goes into
 * the copy.
 */
export async function validateBeforePublish(
  ready: ReadyToPublish,
  options: Pick<ValidateRequest, 'limit' | 'now' | 'signal' | 'onStep'>,
): Promise<ValidationResult> {
  return withSpoolFolder(async (folder) => {
    const spoolFolder = path.join(folder, 'spool');
    const { context, finish } = await beginComparison(
      { ...options, quick: false },
      ready.copy,
      spoolFolder,
      ready.snapshot,
    );
    const tables: TableCheck[] = [];
    for (const { plan, columns } of ready.tables) tables.push(await checkTable(context, plan.source, columns, null));
    const result = finish(tables);
    await writeReceipts(ready.copy, receiptsOf(result, 'sync --validate', options.now()));
    return result;
  });
}
