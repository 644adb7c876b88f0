import fs from 'node:fs';
import type { Config } from '../config/config.ts';
import { readEcbRates } from '../ingest/currency/ecb.ts';
import { beside, EXCHANGE_RATES, IMPORT_ROWS } from '../model/importTables.ts';
import { postgresTable } from '../model/tableName.ts';
import { holds } from '../postgres/imports/answers.ts';
import { normalizeStored } from '../postgres/imports/normalize.ts';
import { takeBackOtherBase } from '../postgres/imports/otherBase.ts';
import { type StoredRates, storeRates } from '../postgres/imports/rates.ts';
import { ratesNeeds, requireRights } from '../postgres/imports/rights.ts';
import { ensureSideTables } from '../postgres/imports/sideTables.ts';
import { beginImport } from '../postgres/imports/transaction.ts';
import { withPostgres } from '../postgres/server.ts';
import { ensureTransactions } from '../postgres/transactionsTable.ts';
import { inputFiles } from './import/inputs.ts';
import { initTable } from './init.ts';

export interface RatesRequest {
  readonly config: Config;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** --from: the ECB's history; null: normalise with the rates that are there. */
  readonly from: string | null;
  readonly onWait?: (holder: string) => void;
}

export interface RatesResult {
  readonly base: string;
  /** Null without --from. */
  readonly stored: StoredRates | null;
  /** Amounts that were in another base currency, and were made anew where that could be. */
  readonly takenBack: number;
  readonly normalized: { readonly same: number; readonly rates: number; readonly missing: number };
  /** False while the store knows no exchange rate at all. */
  readonly known: boolean;
  readonly seconds: number;
}

/**
 * Brings the exchange rates up to date and normalises what has no normalized amount yet, in one PostgreSQL transaction.
 * @throws FinanceDbError BAD_INPUT for the file; CONFIG when no base currency is set and the amounts are in another than the default;
 *   the PG_ family
 */
export async function loadRates(request: RatesRequest): Promise<RatesResult> {
  const { config, signal } = request;
  const started = performance.now();
  const files = request.from === null ? [] : await readHistory(request, request.from);
  const table = initTable(config);
  return withPostgres(
    { target: config.postgres, now: request.now(), signal, create: files.length > 0 },
    async (server) => {
      const session = await server.connect();
      try {
        await requireRights(session, ratesNeeds(table));
        await beginImport(session, config.lockWaitMs, request.onWait);
        const sides = [IMPORT_ROWS, EXCHANGE_RATES];
        await ensureTransactions(session, table);
        await ensureSideTables(session, table, sides);
        const rates = function* () {
          for (const { name, text } of files) yield* readEcbRates(name, text);
        };
        const stored = files.length === 0 ? null : await storeRates(session, table, rates(), signal);
        const takenBack = await takeBackOtherBase(session, table, config.baseCurrency, config.baseCurrencyIsSet);
        const normalized = await normalizeStored(session, table, config.baseCurrency);
        const known = await holds(session, `SELECT FROM ${postgresTable(beside(table, EXCHANGE_RATES))}`);
        await session.query('COMMIT');
        const seconds = Math.round(performance.now() - started) / 1000;
        return { base: config.baseCurrency, stored, takenBack, normalized, known, seconds };
      } catch (error) {
        signal.throwIfAborted();
        await session.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  );
}

/** The history is some 8 MB of text: small enough to be read whole. */
async function readHistory(request: RatesRequest, from: string): Promise<{ name: string; text: string }[]> {
  const files: { name: string; text: string }[] = [];
  for await (const input of inputFiles([from], request)) {
    if ('error' in input) throw input.error;
    if ('folders' in input) continue;
    files.push({ name: input.name, text: await fs.promises.readFile(input.path, 'utf8') });
  }
  // Told before a server is started.
  for (const { name, text } of files) for (const _rate of readEcbRates(name, text)) break;
  return files;
}
