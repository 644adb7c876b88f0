import fs from 'node:fs';
import { runQuery } from '../../app/query/query.ts';
import { readDataAge } from '../../duckdb/dataAge.ts';
import { type DuckDbReader, openReader } from '../../duckdb/reader.ts';
import { givesRows, splitStatements } from '../../duckdb/statements.ts';
import { deadline } from '../../errors/deadline.ts';
import { isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { counted } from '../../model/counted.ts';
import type { QueryParam } from '../../model/queryParams.ts';
import { writerFor } from '../../render/chooseWriter.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import { type Sink, streamSink } from '../../render/sink.ts';
import { styledStream } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { printResults } from '../printResults.ts';
import { tableOptions } from '../tableOptions.ts';
import type { Lend } from './foreground.ts';
import { pagerCommand, pagerSink } from './pager.ts';
import type { ResultFile } from './resultFile.ts';

export interface SessionOptions {
  readonly format: QueryFormat;
  readonly params: readonly QueryParam[];
  /** Seconds that a statement may take; none when left out. */
  readonly timeout?: number | undefined;
}

/** What a pager is given at most: it can be moved through, which a screen cannot. */
const PAGED_ROWS = 10_000;

/** What the prompt works on: the open file, and how results are shown. */
export class PromptSession {
  format: QueryFormat;
  timing = true;
  /** Rows as blocks of lines (\x). */
  expanded = false;
  paging = true;
  /** Lends the terminal to a pager or an editor. */
  lend: Lend = (run) => run();
  private file: ResultFile | null = null;
  private readonly context: CommandContext;
  private readonly options: SessionOptions;
  private reader: DuckDbReader;
  private identity: string;
  private running: AbortController | null = null;

  private constructor(context: CommandContext, options: SessionOptions, reader: DuckDbReader) {
    this.context = context;
    this.format = options.format;
    this.options = options;
    this.reader = reader;
    this.identity = fileIdentity(reader.path);
  }

  static async open(context: CommandContext, options: SessionOptions): Promise<PromptSession> {
    const { duckdbPath, memory, timeZone, readable } = context.config;
    return new PromptSession(context, options, await openReader(duckdbPath, { memory, timeZone, readable }));
  }

  /** Stops the running statement; false when none runs. */
  interrupt(): boolean {
    if (this.running === null) return false;
    this.running.abort();
    return true;
  }

  /**
   * Runs SQL and prints its results, or the error: at the prompt no error ends anything.
   * @param params beside those of the session, before which they come
   */
  async run(sql: string, params: readonly QueryParam[] = []): Promise<void> {
    const { io, output } = this.context;
    const stop = new AbortController();
    this.running = stop;
    const limit = deadline(stop.signal, this.options.timeout);
    const started = performance.now();
    try {
      const reader = await this.freshReader();
      const request = { sql, params: [...params, ...this.options.params], signal: limit.signal };
      const { sink, writer } = await this.openOutput(reader, sql);
      const paced = withoutWaiting(sink);
      const { rows, results: count } = await printResults(runQuery(reader, request), writer, paced)
        // A pager shows what there is, also of a statement that failed on the way.
        .finally(() => paced.finish());
      const time = this.timing ? ` (${((paced.finishing - started - paced.waited) / 1000).toFixed(3)} s)` : '';
      const place = this.file === null || count === 0 ? '' : ` written to ${this.file.name}`;
      if (!output.quiet) io.stderr.write(`${count === 0 ? 'done' : counted(rows, 'row')}${place}${time}\n`);
    } catch (error) {
      io.stderr.write(stop.signal.aborted ? 'stopped\n' : errorText(error));
    } finally {
      limit.clear();
      this.running = null;
    }
  }

  /** Results go to this file from now on (null: to the screen); the one before is complete. */
  async redirect(file: ResultFile | null): Promise<void> {
    const before = this.file;
    this.file = file;
    await before?.close();
  }

  /** For statements of the prompt itself, such as those of \d. */
  async freshReader(): Promise<DuckDbReader> {
    const identity = fileIdentity(this.reader.path);
    const { memory, timeZone, readable } = this.context.config;
    if (this.reader.abandoned) this.reader = await openReader(this.reader.path, { memory, timeZone, readable });
    else if (identity !== this.identity) {
      const next = await openReader(this.reader.path, { memory, timeZone, readable });
      this.reader.close();
      this.reader = next;
      this.context.io.stderr.write('a sync has published new data: the file was opened again\n');
    }
    this.identity = identity;
    return this.reader;
  }

  async close(): Promise<void> {
    this.reader.close();
    await this.redirect(null);
  }

  private async openOutput(
    reader: DuckDbReader,
    sql: string,
  ): Promise<{ sink: Sink; writer: ReturnType<typeof writerFor> }> {
    const { io, env } = this.context;
    const format = this.file?.format ?? this.format;
    const pager = this.file === null && this.paging ? pagerCommand(io, env) : null;
    const { sample } = await readDataAge(reader);
    const writer = writerFor(format, {
      table: this.tableOptions(pager !== null),
      severalResults: splitStatements(sql).filter(({ text }) => givesRows(text)).length > 1,
      expanded: this.expanded,
      sample,
    });
    if (this.file !== null) return { sink: this.file.next(), writer };
    const styled = format === 'table';
    const direct = streamSink(styled ? styledStream(io.stdout) : io.stdout);
    const sink = pager === null ? direct : pagerSink(io, { command: pager, env, lend: this.lend, styled, direct });
    return { sink, writer };
  }

  private tableOptions(paged: boolean): ReturnType<typeof tableOptions> {
    if (this.file !== null)
      return { width: Number.POSITIVE_INFINITY, color: false, maxRows: Number.POSITIVE_INFINITY, ascii: false };
    const options = tableOptions(this.context, undefined);
    return paged ? { ...options, width: Number.POSITIVE_INFINITY, maxRows: PAGED_ROWS } : options;
  }
}

/** A sink that knows how long whoever reads let it wait, so that the time told is the statement's. */
function withoutWaiting(sink: Sink): Sink & { readonly waited: number; readonly finishing: number } {
  const paced = {
    waited: 0,
    finishing: 0,
    async write(text: string) {
      const asked = performance.now();
      const wanted = await sink.write(text);
      paced.waited += performance.now() - asked;
      return wanted;
    },
    finish() {
      paced.finishing = performance.now();
      return sink.finish();
    },
  };
  return paced;
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
