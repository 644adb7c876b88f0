import type { LakeRequest } from '../../app/lake/lake.ts';
import type { LakeResult } from '../../app/lake/result.ts';
import { parseTables } from '../../config/values.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { parseSpan } from '../../model/span.ts';
import { writeJsonDocument } from '../../render/json.ts';
import {
  lakeDocument,
  lakeLine,
  proofDocument,
  proofLogLine,
  renderLake,
  renderProof,
} from '../../render/lakeReport.ts';
import { openProgress, type Progress } from '../../render/progress.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { printWarnings } from '../printWarnings.ts';
import { tableStyle } from '../tableOptions.ts';

export interface LakeFlags {
  readonly tables?: string;
  readonly sync: boolean;
  readonly withoutFile?: boolean;
  readonly rebuild?: boolean;
  readonly expire?: string;
  readonly verify?: boolean;
  readonly limit: number;
  readonly engineSql?: 'spark' | 'trino' | 'clickhouse' | 'duckdb';
}

const DEFAULT_EXPIRE = '7d';

/** `finance-db lake`: publishes, or with --verify proves; exit 5 when that finds damage. */
export async function lakeCommand(context: CommandContext, flags: LakeFlags): Promise<number> {
  const { io, config, output, env } = context;
  requireOneTask(flags);
  const progress = openProgress(io, output);
  const request: LakeRequest = {
    config,
    place: config.lake ?? null,
    tables: flags.tables === undefined ? config.tables : parseTables(flags.tables, '--tables'),
    expireMs: parseSpan(flags.expire ?? DEFAULT_EXPIRE, '--expire') * 1000,
    expireNow: flags.expire !== undefined,
    rebuild: flags.rebuild === true,
    ...{ env, now: io.now, signal: io.signal, onStep: progress.say },
  };
  if (flags.engineSql !== undefined) return printEngineSql(context, request, flags.engineSql).finally(progress.stop);
  if (flags.verify === true) return verify(context, request, flags.limit, progress);
  return publish(context, request, flags, progress);
}

function requireOneTask({ verify, engineSql, rebuild, expire, withoutFile, sync: syncs }: LakeFlags): void {
  if (withoutFile === true && !syncs)
    throw new FinanceDbError(
      'USAGE',
      '--without-file and --no-sync do not go together: without a file there is only PostgreSQL to read',
      {
        remedy: 'leave one of them out',
      },
    );
  const reads = [verify === true ? '--verify' : '', engineSql === undefined ? '' : '--engine-sql'].filter(
    (name) => name !== '',
  );
  const writes = [
    rebuild === true ? '--rebuild' : '',
    withoutFile === true ? '--without-file' : '',
    expire === undefined ? '' : '--expire',
  ].filter((name) => name !== '');
  if (reads.length > 1 || (reads.length === 1 && writes.length > 0))
    throw new FinanceDbError('USAGE', `${[...reads, ...writes].join(' and ')} do not go together`, {
      remedy: 'run the command once for each',
    });
}

async function publish(
  context: CommandContext,
  request: LakeRequest,
  { sync: syncFirst, withoutFile }: LakeFlags,
  progress: Progress,
): Promise<number> {
  const { io, config, output } = context;
  const run = async () => {
    if (withoutFile === true) {
      const { publishWithoutFile } = await import('../../app/lake/withoutFile.ts');
      const result = await besideCatalogue(request, () => publishWithoutFile(request, progress.load));
      return { result, warnings: [] };
    }
    const { publishLake } = await import('../../app/lake/lake.ts');
    const fromFile = (): Promise<LakeResult> => besideCatalogue(request, () => publishLake(request));
    if (!syncFirst) return { result: await fromFile(), warnings: [] };
    const { sync } = await import('../../app/sync/sync.ts');
    const { tables, now, signal } = request;
    const synced = await sync({
      ...{ config, tables, now, signal, full: false, jobs: null, waitSeconds: 0, indexes: config.indexes },
      onProgress: progress.load,
    });
    return { result: await fromFile(), warnings: synced.warnings };
  };
  const { result, warnings } = await run().finally(progress.stop);
  printWarnings(context, [...warnings, ...result.warnings]);
  if (output.json) await writeJsonDocument(io, lakeDocument(result));
  else if (io.stdout.isTTY === true) styledStream(io.stdout).write(renderLake(result, tableStyle(context)));
  else if (!output.quiet) io.stdout.write(`${lakeLine(result, io.now())}\n`);
  return 0;
}

/** Without a catalogue nothing of PostgreSQL's driver is loaded: who publishes a file that is up to date needs none. */
async function besideCatalogue(request: LakeRequest, publish: () => Promise<LakeResult>): Promise<LakeResult> {
  if (request.config.lakeCatalogue === undefined) return publish();
  const { withCatalogue } = await import('../../app/lake/catalogue.ts');
  return withCatalogue(request, publish);
}

async function verify(
  context: CommandContext,
  request: LakeRequest,
  limit: number,
  progress: Progress,
): Promise<number> {
  const { io, output } = context;
  const { verifyLake } = await import('../../app/lake/verify.ts');
  const proof = await verifyLake({ ...request, limit }).finally(progress.stop);
  const { validation } = proof;
  printWarnings(context, validation.warnings);
  if (output.json) await writeJsonDocument(io, proofDocument(proof));
  else if (validation.status === 'damaged' || io.stdout.isTTY === true)
    styledStream(io.stdout).write(renderProof(proof, tableStyle(context)));
  else if (!output.quiet) io.stdout.write(`${proofLogLine(proof, io.now())}\n`);
  return validation.status === 'damaged' ? ERROR_CODES.DAMAGED.exit : 0;
}

async function printEngineSql(
  context: CommandContext,
  request: LakeRequest,
  engine: NonNullable<LakeFlags['engineSql']>,
): Promise<number> {
  const { engineSql } = await import('../../app/lake/engineSql.ts');
  context.io.stdout.write(await engineSql(request, engine));
  return 0;
}
