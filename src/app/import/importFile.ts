import { FinanceDbError } from '../../errors/financeDbError.ts';
import { FileSummary } from '../../ingest/fileSummary.ts';
import { Preparer } from '../../ingest/prepare.ts';
import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import type { TableName } from '../../model/tableName.ts';
import { findOtherCurrency } from '../../postgres/imports/accountCurrency.ts';
import { findGaps } from '../../postgres/imports/continuity.ts';
import { readHistory } from '../../postgres/imports/history.ts';
import { decideIdentity, readEarlier, refuseDoubleIds } from '../../postgres/imports/identity.ts';
import { fillWithoutIndexes } from '../../postgres/imports/indexesAside.ts';
import { markLookalikes } from '../../postgres/imports/lookalikes.ts';
import { readRates } from '../../postgres/imports/normalize.ts';
import { findSameAccounts } from '../../postgres/imports/sameAccount.ts';
import { analyzeStaged } from '../../postgres/imports/stage.ts';
import { refreshStatistics } from '../../postgres/imports/statistics.ts';
import {
  countCategories,
  insertImport,
  insertImportRows,
  insertNew,
  insertStatements,
  newTimes,
  readOutcome,
} from '../../postgres/imports/store.ts';
import { pairTransfers, unpairedLegs } from '../../postgres/imports/transfers.ts';
import { lockPartitioned, makeRoom } from '../../postgres/partitions/load.ts';
import type { PgSession } from '../../postgres/session.ts';
import type { LearntStep } from './fileLearnt.ts';
import type { OpenedStatements } from './openStatements.ts';
import { largestNew, lookalikes, uncategorised } from './preview.ts';
import type { ImportRequest } from './request.ts';
import type { FileImport } from './result.ts';
import { stageFile } from './stageFile.ts';

/** Unpaired legs and possible duplicates that are named; their counts are whole. */
const MOST_NAMED = 10;

/**
 * Imports one opened file within the caller's transaction, which the caller commits, or rolls back for a dry run or an error.
 * The rows are staged first and then compared, filed and stored as sets, so that memory is bounded for files of any size.
 * @throws FinanceDbError BAD_INPUT for the file; the PG_ family
 */
export async function importFile(
  session: PgSession,
  table: TableName,
  opened: OpenedStatements,
  request: ImportRequest,
  learnt: LearntStep,
): Promise<FileImport> {
  const started = performance.now();
  const { config, signal } = request;
  const summary = new FileSummary(opened.format);
  const preparer = new Preparer({
    file: opened.name,
    format: opened.format,
    account: request.account,
    namelessAccount: opened.namelessAccount,
    baseCurrency: config.baseCurrency,
    rules: request.rules,
  });
  await stageFile(session, opened, preparer, summary, {
    signal,
    onRows: (rows) => request.onProgress?.({ file: opened.name, rows, fraction: opened.fractionRead() }),
  });
  request.onRead?.(opened.name);
  if (preparer.assumedCurrency) await refuseOtherCurrency(session, table, opened, config.baseCurrency);
  const { counts: staged } = preparer;
  if (staged.withOwnId > 0) await refuseDoubleIds(session, opened.name);
  // Before anything is compared: PostgreSQL does not hold tx_id unique there.
  const partitioned = await lockPartitioned(session, table);
  const { source, fileHash } = opened;
  const earlier = await readEarlier(session, table);
  if (earlier.rows || earlier.records) await analyzeStaged(session);
  const someAreNew = await decideIdentity(session, {
    table,
    source,
    fileHash,
    allNew: request.allNew,
    staged,
    earlier,
  });
  if (someAreNew && earlier.rows) await markLookalikes(session, table);
  const history = someAreNew && earlier.rows && (await readHistory(session, table));
  const rates = await readRates(session, table, config.baseCurrency, preparer.wantedRates);
  const outcome = await readOutcome(session, rates);
  if (partitioned !== null) await makeRoom(session, partitioned, newTimes());
  // A dry run keeps nobody from the tables.
  const rowsToCome = request.dryRun ? 0 : outcome.newRows;
  if (outcome.newRows > 0)
    await fillWithoutIndexes(session, table, rowsToCome, () => insertNew(session, table, { history, rates }));
  const importId = await insertImport(session, table, {
    file: opened.name,
    fileHash: opened.fileHash,
    format: opened.format,
    source: opened.source,
    readRows: summary.rows,
    skipped: summary.skipped,
    total: summary.total,
    outcome,
  });
  await insertStatements(session, table, importId);
  await fillWithoutIndexes(session, beside(table, IMPORT_ROWS), rowsToCome, () =>
    insertImportRows(session, table, importId, { history, rates }),
  );
  await refreshStatistics(session, table, outcome.newRows);
  const transfers = await pairTransfers(session, table, importId);
  await learnt.file(session, table, importId);
  return {
    id: request.dryRun ? null : importId,
    file: opened.name,
    format: opened.format,
    source: opened.source,
    nameless: request.account === null && preparer.usedNameless,
    assumedCurrency: preparer.assumedCurrency && !config.baseCurrencyIsSet ? config.baseCurrency : null,
    statements: summary.statements,
    rows: summary.rows,
    sum: summary.total,
    skipped: { ...summary.skipped },
    outcome,
    categories: await countCategories(session, table, importId),
    gaps: await findGaps(session, table, importId),
    sameAccounts: await findSameAccounts(session, table, importId),
    transfers,
    unpaired: await unpairedLegs(session, table, importId, MOST_NAMED),
    lookalikes: outcome.possibleDuplicates === 0 ? [] : await lookalikes(session, table, importId, MOST_NAMED),
    largest: request.dryRun ? await largestNew(session, table, importId) : [],
    uncategorised: request.dryRun ? await uncategorised(session, table, importId) : [],
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

/** @throws FinanceDbError IMPORT_DOUBTFUL where a file without a currency would be taken for another than its account had so far */
async function refuseOtherCurrency(
  session: PgSession,
  table: TableName,
  { name, format }: OpenedStatements,
  assumed: string,
): Promise<void> {
  const other = await findOtherCurrency(session, table, assumed);
  if (other === null) return;
  const { account, currency, importId, file } = other;
  throw new FinanceDbError(
    'IMPORT_DOUBTFUL',
    `${name}: it names no currency and would be taken for ${assumed}, the base currency; but what came of account ${account} last is in ${currency} (import ${importId}, ${file})`,
    {
      remedy: `set FINANCE_DB_BASE_CURRENCY=${currency}${format === 'csv' ? ` or "currency": "${currency}" in its profile` : ''}; if ${assumed} is right, undo the earlier imports first (--list, --undo)`,
      details: { file: name, account, currency, assumed },
    },
  );
}
