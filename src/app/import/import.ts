import type { Config } from '../../config/config.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { requireEncoding } from '../../ingest/encoding.ts';
import { counted } from '../../model/counted.ts';
import { beside, STATEMENTS } from '../../model/importTables.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { importNeeds, requireRights } from '../../postgres/imports/rights.ts';
import { describeTarget, withPostgres } from '../../postgres/server.ts';
import { initTable } from '../init.ts';
import { ImportRun } from './importRun.ts';
import { anyIsThere, inputFiles, type LeftAside } from './inputs.ts';
import { namedProfile, readProfiles } from './profiles.ts';
import type { ImportRequest } from './request.ts';
import type { FileImport, ImportResult, RefusedFile } from './result.ts';

/** Told of each file when it is done, so that a long run can be followed. */
export interface ImportEvents {
  /** @param sampleRemoved rows of sample data that gave way to it */
  readonly onImported?: (file: FileImport, sampleRemoved: number) => void;
  readonly onRefused?: (file: RefusedFile) => void;
  readonly onLeftAside?: (folder: LeftAside) => void;
  /** Awaited when all that a name stands for was dealt with, and before the next name. */
  readonly onNamed?: (name: string, came: CameOfName) => Promise<void>;
}

/** What came of the files that one name stands for. */
export interface CameOfName {
  readonly imported: readonly FileImport[];
  readonly refused: readonly RefusedFile[];
}

/**
 * Imports files into `transactions`, one PostgreSQL transaction a file: a file comes in whole or not at all, and what is wrong with
 * one does not keep the next from coming in. Imports that run at the same time queue. The tables are made where they are missing.
 * @param names files, folders, archives, or - for stdin
 * @throws FinanceDbError of the PG_ family, USAGE, CONFIG; what is wrong with a file is in the result
 */
export async function importFiles(
  request: ImportRequest,
  names: readonly string[],
  events: ImportEvents = {},
): Promise<ImportResult> {
  const { config, signal } = request;
  await refuseWrongRequest(request, names);
  const table = initTable(config);
  // No server is started, or made, for a name that was mistyped.
  if (!(await anyIsThere(names, request))) return refuseAll(request, names, table, events);
  return withPostgres({ target: config.postgres, now: request.now(), signal, create: true }, async (server) => {
    const session = await server.connect();
    await requireRights(session, importNeeds(table));
    const imports: FileImport[] = [];
    const refused: RefusedFile[] = [];
    const leftAside: LeftAside[] = [];
    let sampleRemoved = 0;
    const run = new ImportRun(session, table, request);
    try {
      for (const name of names) {
        const [importsBefore, refusedBefore] = [imports.length, refused.length];
        for await (const input of inputFiles([name], request)) {
          if ('folders' in input) {
            leftAside.push(input);
            events.onLeftAside?.(input);
            continue;
          }
          const done = 'error' in input ? { file: input.name, error: input.error } : await run.importOne(input);
          if ('error' in done) {
            refused.push(done);
            events.onRefused?.(done);
          } else {
            imports.push(done.imported);
            sampleRemoved += done.sampleRemoved;
            events.onImported?.(done.imported, done.sampleRemoved);
          }
        }
        await events.onNamed?.(name, { imported: imports.slice(importsBefore), refused: refused.slice(refusedBefore) });
      }
    } catch (error) {
      signal.throwIfAborted();
      throw imports.length > 0 && !request.dryRun ? afterSome(error, imports) : error;
    } finally {
      await run.end();
    }
    return {
      dryRun: request.dryRun,
      where: server.where,
      database: server.database,
      table: displayName(table),
      baseCurrency: config.baseCurrency,
      imports,
      refused,
      leftAside,
      sampleRemoved,
      statementsTables: statementsTables(config, table),
    };
  });
}

/** What a run comes to when there is nothing of what was named. */
async function refuseAll(
  request: ImportRequest,
  names: readonly string[],
  table: TableName,
  events: ImportEvents,
): Promise<ImportResult> {
  const { config, dryRun } = request;
  const refused: RefusedFile[] = [];
  for await (const input of inputFiles(names, request)) {
    if (!('error' in input)) continue;
    const one = { file: input.name, error: input.error };
    refused.push(one);
    events.onRefused?.(one);
  }
  const { place: where, database } = describeTarget(config.postgres);
  const { baseCurrency } = config;
  return {
    dryRun,
    where,
    database,
    table: displayName(table),
    baseCurrency,
    imports: [],
    refused,
    leftAside: [],
    sampleRemoved: 0,
    statementsTables: null,
  };
}

/** What is wrong whichever file comes: told before a server is started, and no file is to blame for it. */
async function refuseWrongRequest(request: ImportRequest, names: readonly string[]): Promise<void> {
  if (names.filter((name) => name === '-').length > 1)
    throw new FinanceDbError('USAGE', '- was named twice, and stdin can be read once', { remedy: 'name it once' });
  if (request.encoding !== null) requireEncoding(request.encoding);
  if (request.profile !== null) await namedProfile(request.config.home, request.profile);
  // A broken one is no fault of the files.
  else await readProfiles(request.config.home);
}

function statementsTables({ tables }: Config, table: TableName): string | null {
  const names = tables.map(displayName);
  const statements = displayName(beside(table, STATEMENTS));
  return names.includes(statements) ? null : [...names, statements].join(',');
}

function afterSome(error: unknown, imports: readonly FileImport[]): unknown {
  if (!isFinanceDbError(error)) return error;
  const done = imports.map(({ file }) => file);
  return new FinanceDbError(
    error.code,
    `${error.message} (imported before that: ${done.length === 1 ? done[0] : counted(done.length, 'file')})`,
    { remedy: error.remedy, details: { ...error.details, imported: done }, cause: error.cause },
  );
}
