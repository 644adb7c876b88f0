import path from 'node:path';
import { type QueryRequest, runQuery } from '../../app/query/query.ts';
import { queryToParquet } from '../../app/query/queryToParquet.ts';
import { type DataAge, readDataAge } from '../../duckdb/dataAge.ts';
import { type DuckDbReader, openReader } from '../../duckdb/reader.ts';
import { givesRows, splitStatements } from '../../duckdb/statements.ts';
import { deadline } from '../../errors/deadline.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { counted } from '../../model/counted.ts';
import { parseQueryParams } from '../../model/queryParams.ts';
import { writerFor } from '../../render/chooseWriter.ts';
import { dataAgeText, sampleNotice } from '../../render/dataAgeText.ts';
import { isStdout, outputFile } from '../../render/outputFile.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import { type Sink, streamSink } from '../../render/sink.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { formatOfName, NAME_ENDINGS } from '../fileFormat.ts';
import { type PrintOutcome, printResults } from '../printResults.ts';
import { readSql } from '../querySource.ts';
import { printSavedQueries } from '../savedQueryList.ts';
import { tableOptions } from '../tableOptions.ts';

/** The flags of `query`, as commander gives them. */
export interface QueryFlags {
  readonly file?: string;
  readonly param?: readonly string[];
  readonly format?: QueryFormat;
  readonly output?: string;
  readonly maxRows?: number;
  readonly timeout?: number;
  readonly saved?: string;
  readonly list?: boolean;
}

/**
 * `finance-db query`: runs read-only SQL and prints its results; opens the prompt when there is no SQL and stdin is a
 * terminal.
 * @returns the exit code
 * @throws FinanceDbError, see runQuery, readSql and outputFile
 */
export async function queryCommand(
  context: CommandContext,
  sqlArgument: string | undefined,
  flags: QueryFlags,
): Promise<number> {
  if (flags.list) return printSavedQueries(context);
  const params = parseQueryParams(flags.param ?? []);
  const sql = await readSql(context, { sql: sqlArgument, file: flags.file, saved: flags.saved });
  const file = flags.output === undefined || isStdout(flags.output) ? null : flags.output;
  if (sql === null) {
    if (file !== null) throw new FinanceDbError('QUERY_EMPTY', 'there is no SQL whose result to write');
    const { runPrompt } = await import('../prompt/prompt.ts');
    return runPrompt(context, { format: formatOf(context, flags), params, timeout: flags.timeout });
  }
  if (splitStatements(sql).length === 0) throw new FinanceDbError('QUERY_EMPTY', 'the SQL has no statement');
  const limit = deadline(context.io.signal, flags.timeout);
  const request: QueryRequest = { sql, params, signal: limit.signal };
  try {
    if (file === null) await queryToStdout(context, request, flags);
    else await queryToFile(context, request, flags, file);
  } finally {
    limit.clear();
  }
  return 0;
}

async function queryToStdout(context: CommandContext, request: QueryRequest, flags: QueryFlags): Promise<void> {
  const { io, config } = context;
  const started = performance.now();
  const reader = await openReader(config.duckdbPath, {
    memory: config.memory,
    timeZone: config.timeZone,
    readable: config.readable,
    signal: request.signal,
  });
  try {
    const age = await readDataAge(reader);
    saySample(context, age);
    const format = formatOf(context, flags);
    const writer = writerFor(format, {
      sample: age.sample,
      table: tableOptions(context, flags.maxRows),
      severalResults: rowStatements(request.sql) > 1,
    });
    const sink = streamSink(format === 'table' ? styledStream(io.stdout) : io.stdout);
    const outcome = await printResults(runQuery(reader, request), writer, sink);
    await sink.finish();
    if (outcome.complete) sayOutcome(context, outcome, age, started);
  } finally {
    reader.close();
  }
}

/** Writes the one result to a file, which appears only when it is complete. */
async function queryToFile(
  context: CommandContext,
  request: QueryRequest,
  flags: QueryFlags,
  name: string,
): Promise<void> {
  const { io, config } = context;
  const format = flags.format ?? formatOfName(name);
  if (format === undefined)
    throw new FinanceDbError('USAGE', `-o ${name}: the name does not tell the format`, {
      remedy: `end it in ${NAME_ENDINGS.join(', ')}, or give --format`,
    });
  if (rowStatements(request.sql) > 1)
    throw new FinanceDbError('USAGE', 'a file takes the result of one statement', {
      remedy: 'give the SQL of one result, or redirect stdout',
    });
  const started = performance.now();
  const reader = await openReader(config.duckdbPath, {
    memory: config.memory,
    timeZone: config.timeZone,
    readable: config.readable,
    signal: request.signal,
  });
  try {
    const age = await readDataAge(reader);
    saySample(context, age);
    const file = outputFile(path.resolve(io.cwd, name));
    try {
      const outcome =
        format === 'parquet'
          ? {
              results: 1,
              complete: true,
              rows: await queryToParquet(request, file.temporary, config.duckdbPath, {
                memory: config.memory,
                timeZone: config.timeZone,
                readable: config.readable,
                sample: age.sample,
              }),
            }
          : await writeWhole(reader, request, format, age.sample, file.open());
      await file.commit();
      sayOutcome(context, outcome, age, started, name);
    } catch (error) {
      await file.discard();
      throw error;
    }
  } finally {
    reader.close();
  }
}

async function writeWhole(
  reader: DuckDbReader,
  request: QueryRequest,
  format: QueryFormat,
  sample: boolean,
  sink: Sink,
): Promise<PrintOutcome> {
  const table = { width: Number.POSITIVE_INFINITY, color: false, maxRows: Number.POSITIVE_INFINITY };
  const writer = writerFor(format, { table, severalResults: false, sample });
  const outcome = await printResults(runQuery(reader, request), writer, sink);
  await sink.finish();
  return outcome;
}

function saySample({ io }: CommandContext, age: DataAge): void {
  const notice = sampleNotice(age);
  if (notice !== null) io.stderr.write(`${notice}\n`);
}

/** --format > --json > table: also when stdout is no terminal, so that what is seen is what is piped. */
function formatOf(context: CommandContext, flags: QueryFlags): QueryFormat {
  return flags.format ?? (context.output.json ? 'json' : 'table');
}

function rowStatements(sql: string): number {
  return splitStatements(sql).filter(({ text }) => givesRows(text)).length;
}

function sayOutcome(
  context: CommandContext,
  outcome: PrintOutcome,
  age: DataAge,
  started: number,
  file?: string,
): void {
  const { io, output } = context;
  if (output.quiet) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(3);
  const results = outcome.results > 1 ? ` in ${outcome.results} results` : '';
  const place = file === undefined ? '' : ` written to ${file}`;
  const ageText = dataAgeText(age, io.now());
  const data = ageText === '' ? '' : `; data ${ageText}`;
  io.stderr.write(`${counted(outcome.rows, 'row')}${results}${place} (${seconds} s)${data}\n`);
}
