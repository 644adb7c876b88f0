import fs from 'node:fs';
import { runQuery } from '../../app/query/query.ts';
import { type DuckDbReader, openReader } from '../../duckdb/reader.ts';
import { givesRows, splitStatements } from '../../duckdb/statements.ts';
import { isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { QueryParam } from '../../model/queryParams.ts';
import { writerFor } from '../../render/chooseWriter.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import { streamSink } from '../../render/sink.ts';
import { styledStream } from '../../render/terminalStream.ts';
import { plural } from '../../render/width.ts';
import type { CommandContext } from '../context.ts';
import { deadline } from '../deadline.ts';
import { printResults } from '../printResults.ts';
import { tableOptions } from '../tableOptions.ts';

/** What the prompt works on: the open file, and how results are shown. */
export class PromptSession {
  format: QueryFormat;
  timing = true;
  private readonly context: CommandContext;
  private readonly params: readonly QueryParam[];
  private readonly timeout: number | undefined;
  private reader: DuckDbReader;
  private identity: string;
  private running: AbortController | null = null;

  private constructor(
    context: CommandContext,
    format: QueryFormat,
    params: readonly QueryParam[],
    timeout: number | undefined,
    reader: DuckDbReader,
  ) {
    this.context = context;
    this.format = format;
    this.params = params;
    this.timeout = timeout;
    this.reader = reader;
    this.identity = fileIdentity(reader.path);
  }

  static async open(
    context: CommandContext,
    format: QueryFormat,
    params: readonly QueryParam[],
    timeout?: number,
  ): Promise<PromptSession> {
    const { duckdbPath, memory } = context.config;
    return new PromptSession(context, format, params, timeout, await openReader(duckdbPath, { memory }));
  }

  /** Stops the running statement; false when none runs. */
  interrupt(): boolean {
    if (this.running === null) return false;
    this.running.abort();
    return true;
  }

  /** Runs SQL and prints its results, or the error: at the prompt no error ends anything. */
  async run(sql: string): Promise<void> {
    const { io, output } = this.context;
    const stop = new AbortController();
    this.running = stop;
    const limit = deadline(stop.signal, this.timeout);
    const started = performance.now();
    try {
      const reader = await this.freshReader();
      const several = splitStatements(sql).filter(({ text }) => givesRows(text)).length > 1;
      const writer = writerFor(this.format, { table: tableOptions(this.context, undefined), severalResults: several });
      const results = runQuery(reader, { sql, params: this.params, signal: limit.signal });
      const { rows, results: count } = await printResults(
        results,
        writer,
        streamSink(this.format === 'table' ? styledStream(io.stdout) : io.stdout),
      );
      const time = this.timing ? ` (${((performance.now() - started) / 1000).toFixed(3)} s)` : '';
      if (!output.quiet) io.stderr.write(`${count === 0 ? 'done' : plural(rows, 'row')}${time}\n`);
    } catch (error) {
      io.stderr.write(stop.signal.aborted ? 'stopped\n' : errorText(error));
    } finally {
      limit.clear();
      this.running = null;
    }
  }

  /** For statements of the prompt itself, such as those of \d. */
  async freshReader(): Promise<DuckDbReader> {
    const identity = fileIdentity(this.reader.path);
    if (identity !== this.identity) {
      const next = await openReader(this.reader.path, { memory: this.context.config.memory });
      this.reader.close();
      this.reader = next;
      this.identity = identity;
      this.context.io.stderr.write('a sync has published new data: the file was opened again\n');
    }
    return this.reader;
  }

  close(): void {
    this.reader.close();
  }
}

/** The message and the remedy of an error, as outside of the prompt. */
export function errorText(error: unknown): string {
  const remedy = isFinanceDbError(error) && error.remedy !== '' ? `\n  → ${error.remedy}` : '';
  return `error: ${messageOf(error)}${remedy}\n`;
}

/** Changes when a sync renames a new file into place. */
function fileIdentity(path: string): string {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.mtimeMs}`;
}
