import fs from 'node:fs';
import { sync } from '../../app/sync/sync.ts';
import type { SyncRequest, SyncResult } from '../../app/sync/syncRequest.ts';
import type { ValidationResult } from '../../app/validate/result.ts';
import { DEFAULT_INDEX_COLUMNS } from '../../config/config.ts';
import { parseTables } from '../../config/values.ts';
import { type FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { proseColumns } from '../../io.ts';
import { parseSpan } from '../../model/span.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { openProgress, type Progress } from '../../render/progress.ts';
import { renderSync, syncDocument, syncLine } from '../../render/syncReport.ts';
import { styledStream } from '../../render/terminalStream.ts';
import { wrapLine } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';
import { printWarnings } from '../printWarnings.ts';
import { tableStyle } from '../tableOptions.ts';

export interface SyncFlags {
  readonly full?: boolean;
  readonly newSource?: boolean;
  readonly validate?: boolean;
  readonly stats?: boolean;
  readonly tables?: string;
  readonly jobs?: number;
  readonly wait: number;
  readonly maxAge?: string;
  readonly checkpoint?: boolean;
  readonly awaitCheckpoint: number;
  readonly indexes?: boolean;
}

/** `finance-db sync`. */
export async function syncCommand(context: CommandContext, flags: SyncFlags): Promise<number | undefined> {
  const { io, output } = context;
  const progress = openProgress(io, output);
  const gate =
    flags.validate === true ? (await import('./syncValidation.ts')).publishingGate(context, progress) : undefined;
  const result = await runSync(context, flags, progress, gate?.beforePublish);
  const validation = gate?.result() ?? null;
  printWarnings(context, result.warnings);
  if (output.json) {
    const document = await withValidation(syncDocument(result), validation);
    await writeJsonDocument(io, flags.stats === true ? { ...document, stats: await overview(context) } : document);
    return 0;
  }
  if (io.stdout.isTTY === true) styledStream(io.stdout).write(renderSync(result, tableStyle(context)));
  else if (!output.quiet) io.stdout.write(`${syncLine(result, io.now())}\n`);
  if (validation !== null && !output.quiet) {
    const { verdictLine } = await import('../../render/validateReport.ts');
    io.stdout.write(`${wrapLine(verdictLine(validation), proseColumns(io.stdout, context.env), 2).join('\n')}\n`);
  }
  if (flags.stats === true) {
    const { statsCommand } = await import('./stats.ts');
    return statsCommand(context, undefined, {});
  }
  return 0;
}

async function overview(context: CommandContext): Promise<unknown> {
  const { overviewDocument } = await import('./stats.ts');
  const { parseStatsFlags } = await import('../../app/stats/statsFlags.ts');
  return overviewDocument(context, parseStatsFlags(context, {}));
}

async function withValidation(
  document: Record<string, unknown>,
  validation: ValidationResult | null,
): Promise<Record<string, unknown>> {
  if (validation === null) return document;
  const { validationDocument } = await import('../../render/validateReport.ts');
  return { ...document, validation: validationDocument(validation) };
}

async function runSync(
  context: CommandContext,
  flags: SyncFlags,
  progress: Progress,
  beforePublish: SyncRequest['beforePublish'],
): Promise<SyncResult> {
  const { io, config } = context;
  const request: SyncRequest = {
    config,
    tables: flags.tables === undefined ? config.tables : parseTables(flags.tables, '--tables'),
    full: flags.full === true,
    newSource: flags.newSource === true,
    jobs: flags.jobs ?? null,
    waitSeconds: flags.wait,
    ...(flags.maxAge === undefined ? {} : { maxAgeSeconds: parseSpan(flags.maxAge, '--max-age') }),
    ...(flags.checkpoint === true ? { checkpoint: true } : {}),
    awaitCheckpointSeconds: flags.awaitCheckpoint,
    indexes: flags.indexes === true && config.indexes.length === 0 ? DEFAULT_INDEX_COLUMNS : config.indexes,
    now: io.now,
    signal: io.signal,
    onProgress: progress.load,
    beforePublish,
  };
  try {
    return await sync(request);
  } catch (error) {
    progress.stop();
    throw (await offerSample(context, error)) ?? error;
  } finally {
    progress.stop();
  }
}

/** Codes that mean: there is no PostgreSQL, as opposed to one that refuses. */
const NOT_THERE: readonly string[] = ['PG_UNREACHABLE', 'PG_EMBEDDED', 'PG_NOT_CONFIGURED'];

/**
 * When PostgreSQL is not there and nothing was ever published, the built-in sample is, so that there is something to look
 * at; the sync has failed all the same. Returns the error that says so, or null.
 */
async function offerSample(context: CommandContext, error: unknown): Promise<FinanceDbError | null> {
  const { io, config } = context;
  if (!isFinanceDbError(error) || !NOT_THERE.includes(error.code) || fs.existsSync(config.duckdbPath)) return null;
  const { publishSampleFile } = await import('../../app/sync/sampleFile.ts');
  await publishSampleFile({
    duckdbPath: config.duckdbPath,
    baseCurrency: config.baseCurrency,
    fileMode: config.fileMode,
    now: io.now,
    signal: io.signal,
  });
  io.stderr.write(
    `SAMPLE DATA was put in ${config.duckdbPath}, since nothing was synced yet; the first sync replaces it\n`,
  );
  return error;
}
