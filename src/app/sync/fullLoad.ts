import { copyStatement } from '../../duckdb/copyText.ts';
import { copyColumns, createTableSql, loadFromSpool } from '../../duckdb/loader.ts';
import { Spool, type SpoolSink } from '../../duckdb/spool.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { inPages } from '../../model/pageRanges.ts';
import type { PlacesLimits } from '../../model/partLook.ts';
import { type Cut, cutParts, type Part, partsOf } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbSchema, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyOut } from '../../postgres/copyOut.ts';
import type { PgSession } from '../../postgres/session.ts';
import { joinSessions } from '../../postgres/shareWork.ts';
import type { SourceSnapshot } from '../../postgres/snapshot.ts';

export interface LoadContext {
  readonly snapshot: SourceSnapshot;
  readonly copy: WorkingCopy;
  readonly spoolFolder: string;
  /** Connections that read at the same time. */
  readonly jobs: number;
  /** Disk that may be used for rows on their way, in bytes. */
  readonly spoolBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly places?: PlacesLimits | undefined;
}

export interface LoadProgress {
  readonly table: string;
  /** Null while changes are looked for. */
  readonly rows: number | null;
  readonly bytes: number;
  /** From 0 to 1; null when nobody knows how much there is. */
  readonly fraction: number | null;
}

/** How many rows each part of a table has, by its oid. */
export type PartRows = ReadonlyMap<string, bigint>;

/** Files handed to DuckDB: large enough to be read in parallel, small enough to bound the disk. */
const SPOOL_FILE_BYTES = 32 << 20;

/**
 * Makes the table in the working copy and loads all of its rows as of the snapshot, part by part, so that rows of one partition lie
 * together.
 * @returns how many rows each part has
 */
export async function fullLoad(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
): Promise<PartRows> {
  const name = duckdbTable(source.table);
  await dropReadyView(context.copy, source);
  await context.copy.run(`DROP TABLE IF EXISTS ${name}`);
  await context.copy.run(createTableSql(name, columns));
  const parts = partsIn(context, source);
  const cuts = cutParts(parts, context.jobs, false).flat();
  const counts: number[] = [];
  await copyRows(
    context,
    { into: name, displayName: displayName(source.table), columns, key: source.key },
    cuts.map((cut) => `SELECT ${copyColumns(columns)} FROM ${cutRows(parts, cut)}`),
    counts,
  );
  const rows = parts.map(({ oid }): [string, bigint] => [oid, 0n]);
  for (const [index, { part }] of cuts.entries()) {
    const entry = rows[part];
    if (entry !== undefined) entry[1] += BigInt(counts[index] ?? 0);
  }
  return new Map(rows);
}

/** A table of the source that is called like a ready-made view of an earlier sync takes its place; DROP TABLE would not. */
async function dropReadyView(copy: WorkingCopy, { table }: SourceTable): Promise<void> {
  const found = await copy.all(
    `SELECT 1 AS one FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(duckdbSchema(table))} AND lower(view_name) = lower(${quoteLiteral(table.name)})`,
  );
  if (found.length > 0) await copy.run(`DROP VIEW ${duckdbTable(table)}`);
}

/**
 * Copies the rows of one or several queries into a DuckDB table: readers, spool and loader at the same time.
 * @param counts is given how many rows each query had, by its position
 * @throws FinanceDbError of whichever side failed first; all sides have ended by then
 */
export async function copyRows(
  context: LoadContext,
  target: Parameters<typeof loadFromSpool>[2],
  queries: readonly string[],
  counts: number[] = [],
): Promise<bigint> {
  const spool = new Spool(context.spoolFolder, { fileBytes: SPOOL_FILE_BYTES, totalBytes: context.spoolBytes });
  const queue = [...queries.entries()];
  const total = queue.length;
  const sessions = await joinSessions(context.snapshot, Math.min(context.jobs, total));
  let rows = 0;
  let bytes = 0;
  let done = 0;
  const report = (): void =>
    context.onProgress({ table: target.displayName, rows, bytes, fraction: total === 1 ? null : done / total });
  const read = async (session: PgSession, sink: SpoolSink): Promise<void> => {
    const counted: SpoolSink = {
      ...sink,
      write: (piece, count) => {
        rows += count;
        bytes += piece.length;
        report();
        return sink.write(piece, count);
      },
    };
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, query] = next;
        counts[index] = (await copyOut(session, copyStatement(query), counted, context.signal)).rows;
        done++;
        report();
      }
    } catch (error) {
      spool.abort(error);
      throw error;
    } finally {
      sink.end();
    }
  };
  // All sinks exist before the loader looks, or it would find none and think that all is read.
  const sinks = sessions.map(() => spool.sink());
  const load = loadFromSpool(context.copy, spool, target).catch((error: unknown) => {
    spool.abort(error);
    throw error;
  });
  const readers = sinks.map((sink, index) => read(sessions[index] ?? context.snapshot.session, sink));
  const outcomes = await Promise.allSettled([load, ...readers]);
  await Promise.all(
    sessions.filter((session) => session !== context.snapshot.session).map((session) => session.close()),
  );
  context.signal.throwIfAborted();
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return BigInt(rows);
}

/** The parts of a table, as this server lets them be read. */
export function partsIn({ snapshot }: Pick<LoadContext, 'snapshot'>, source: SourceTable): Part[] {
  return partsOf(source, snapshot.serverVersionNumber);
}

/** A piece of a part as what follows FROM. */
export function cutRows(parts: readonly Part[], { part, range }: Cut, condition: string | null = null): string {
  const from = parts[part]?.from;
  if (from === undefined) throw new FinanceDbError('INTERNAL', `there is no part ${part} among ${parts.length}`);
  const conditions = [...(range === null ? [] : [inPages(range)]), ...(condition === null ? [] : [condition])];
  return conditions.length === 0 ? from : `${from} WHERE ${conditions.join(' AND ')}`;
}
