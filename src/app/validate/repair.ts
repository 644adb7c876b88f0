import os from 'node:os';
import { currentFollower } from '../../duckdb/followNote.ts';
import { copyColumns, createStagingSql } from '../../duckdb/loader.ts';
import { openWorkspace } from '../../duckdb/publish.ts';
import { writeReceipts } from '../../duckdb/receipts.ts';
import { SEALS_DDL, sealStateSql } from '../../duckdb/stateSeal.ts';
import { FORGET_MONTHS } from '../../duckdb/syncState.ts';
import { openWorkingCopy, type WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable, STATE_SCHEMA } from '../../model/tableName.ts';
import { type ColumnMapping, mapColumns } from '../../model/typeMapping.ts';
import { copyRows } from '../sync/fullLoad.ts';
import { sync } from '../sync/sync.ts';
import { checkTable } from './checkTable.ts';
import { receiptsOf } from './receipt.ts';
import { repairByFollower } from './repairByFollower.ts';
import { type CheckContext, type Repair, type TableCheck, type ValidationResult, verdictOf } from './result.ts';
import { DIFFERENCES, placeCondition } from './rowNames.ts';
import { openComparison, VALIDATE_MEMORY, type ValidateRequest } from './session.ts';
import { readStates, stateOf } from './storedStates.ts';

/** With more damaged rows than this, a full load is the better repair. */
const MOST_ROWS = 100_000n;

/**
 * Mends what `before` found damaged and publishes the file as a sync does, if it then compares well in the same snapshot.
 * Rows that merely lag stay as they are: the next sync brings them. Where the file is followed, the follower mends it.
 * @throws FinanceDbError DAMAGED when the mended file still differs; nothing was published then by the last step
 */
export async function repair(
  request: ValidateRequest,
  before: ValidationResult,
): Promise<{ result: ValidationResult; repairs: Repair[] }> {
  const { config, now, signal } = request;
  const follower = currentFollower(config.duckdbPath);
  if (follower !== null) return repairByFollower(request, before, follower);
  const whole = before.tables.filter(needsFullLoad);
  if (whole.length > 0) {
    request.onStep('loading damaged tables anew');
    await sync({
      ...{ config, full: true, jobs: null, now, signal, waitSeconds: 0 },
      tables: config.tables.filter((table) => whole.some((check) => check.table === displayName(table))),
      indexes: config.indexes,
      onProgress: () => undefined,
    });
  }
  const { result, mended } = await mendFile(request);
  const describe = (how: Repair['how']) => (check: TableCheck) => ({
    ...{ table: check.table, how, damage: check.damage, problem: check.problem },
  });
  return { result, repairs: [...whole.map(describe('full')), ...mended.map(describe('rows'))] };
}

function needsFullLoad(check: TableCheck): boolean {
  const { missing, extra, different } = check.damage;
  const rows = missing + extra + different;
  return check.problem !== null || rows > MOST_ROWS || (rows > 0n && !check.mendable);
}

/** Compares a copy of the file, mends rows in it, compares again, publishes. */
async function mendFile(request: ValidateRequest): Promise<{ result: ValidationResult; mended: TableCheck[] }> {
  const { config, now, signal } = request;
  const workspace = await openWorkspace(config.duckdbPath, {
    waitMs: 0,
    fileMode: config.fileMode,
    now: now(),
    signal,
  });
  try {
    const { states, owner } = await readStates(workspace.pathWithoutLog(), workspace.publishedPath);
    workspace.copyPublished();
    const copy = await openWorkingCopy(workspace.copyPath, {
      memory: request.config.memory ?? VALIDATE_MEMORY,
      threads: os.availableParallelism(),
      temporaryFolder: workspace.temporaryFolder,
    });
    try {
      const done = await openComparison(request, owner, copy, workspace.spoolFolder, async ({ context, finish }) => {
        const mended: TableCheck[] = [];
        const tables: TableCheck[] = [];
        for (const source of context.snapshot.tables) {
          const state = stateOf(states, source.table);
          const columns = mapColumns(source);
          let check = await checkTable(context, source, columns, state);
          if (verdictOf(check) === 'damaged') {
            mended.push(check);
            const rows = await mendTable(context, copy, source, columns);
            check = await checkTable(context, source, columns, { ...state, rows } satisfies TableState);
          }
          tables.push(check);
        }
        return { result: finish(tables), mended };
      });
      if (done.result.status === 'damaged')
        throw new FinanceDbError('DAMAGED', 'the file still differs after the repair; nothing was published', {
          remedy: 'run `finance-db sync --full --validate`',
        });
      await writeReceipts(copy, receiptsOf(done.result, 'validate --repair', now()));
      signal.throwIfAborted();
      await copy.close();
      await workspace.publish(now());
      return done;
    } catch (error) {
      copy.abandon();
      throw error;
    }
  } finally {
    workspace.close();
  }
}

const FRESH = 'temp.main.finance_db_fresh';

/**
 * Puts PostgreSQL's rows in the place of those that DIFFERENCES names as damaged, and removes rows that PostgreSQL does not
 * have, whether they are damage or deleted since.
 * @returns how many rows the table has now
 */
async function mendTable(
  context: CheckContext,
  copy: WorkingCopy,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): Promise<bigint> {
  const target = duckdbTable(source.table);
  context.onStep(`${displayName(source.table)}: reading damaged rows again`);
  const places = await copy.all<{ loc: string }>(`SELECT loc FROM ${DIFFERENCES} WHERE NOT lag AND loc IS NOT NULL`);
  await copy.run(`DROP TABLE IF EXISTS ${FRESH}; ${createStagingSql('finance_db_fresh', columns)}`);
  if (places.length > 0) {
    const condition = placeCondition(places.map((place) => place.loc));
    await copyRows(
      { ...context, copy, jobs: 1, spoolBytes: 256 << 20, onProgress: () => undefined },
      { into: FRESH, displayName: displayName(source.table), columns, key: source.key },
      [`SELECT ${copyColumns(columns)} FROM ${rowsOf(source)} WHERE ${condition}`],
    );
  }
  await copy.run('BEGIN TRANSACTION');
  await copy.run(SEALS_DDL);
  await copy.run(
    `DELETE FROM ${target} WHERE rowid IN (SELECT rid FROM ${DIFFERENCES} WHERE rid IS NOT NULL AND (kind = 'extra' OR NOT lag))`,
  );
  await copy.run(`INSERT INTO ${target} SELECT * FROM ${FRESH}`);
  await copy.run(
    // It is another state than the damaged one, which a lake may have been made of.
    `UPDATE ${STATE_SCHEMA}.sync_state SET row_count = (SELECT count(*) FROM ${target}), synced_at = synced_at + INTERVAL 1 MILLISECOND WHERE table_schema = ${quoteLiteral(source.table.schema)} AND table_name = ${quoteLiteral(source.table.name)}`,
  );
  for (const statement of [...sealStateSql([source.table]), FORGET_MONTHS]) await copy.run(statement);
  await copy.run('COMMIT');
  await copy.run(`DROP TABLE ${FRESH}`);
  const [row] = await copy.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM ${target}`);
  return BigInt(row?.n ?? '0');
}
