import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { quoteIdentifier } from '../model/identifier.ts';
import { postgresTable, type TableName } from '../model/tableName.ts';
import { mapPostgresError } from './errors.ts';
import type { PgSession } from './session.ts';

/** A text or null for each column. */
type Row = readonly (string | null)[];

/** Rows, or batches of rows when they have to be waited for: awaiting each single row would take most of the time. */
export type RowSource = Iterable<Row> | AsyncIterable<Iterable<Row>>;

/** Rows are sent in pieces of about this many characters. */
const PIECE = 1 << 16;

/**
 * Streams rows into a table through `COPY … FROM STDIN`, with backpressure: memory stays that of one piece.
 * Nothing is kept of it when it throws, provided that the caller rolls back.
 * @param rows texts or nulls, one for each of `columns`
 * @returns how many rows the server took
 * @throws whatever `rows` throws; `signal.reason`; FinanceDbError of the PG_ family, whose `cause` is the server's error
 */
export async function copyIn(
  session: PgSession,
  table: TableName,
  columns: readonly string[],
  rows: RowSource,
  options: { readonly signal?: AbortSignal | undefined; readonly onRows?: (rows: number) => void } = {},
): Promise<number> {
  const names = columns.map(quoteIdentifier).join(', ');
  const stream = session.client.query(copyFrom(`COPY ${postgresTable(table)} (${names}) FROM STDIN`));
  let failure: unknown;
  stream.on('error', (error) => {
    failure ??= error;
  });
  let sent = 0;
  let piece = '';
  const send = async (): Promise<void> => {
    options.signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    const full = !stream.write(piece);
    piece = '';
    options.onRows?.(sent);
    // `once` rejects when the stream fails meanwhile, with the error that `failure` holds.
    if (full) await once(stream, 'drain');
  };
  try {
    for await (const batch of batches(rows)) {
      for (const row of batch) {
        piece += copyLine(row);
        sent++;
        if (piece.length >= PIECE) await send();
      }
    }
    await send();
    await finish(stream, () => failure);
  } catch (error) {
    // Giving up makes the server fail too: only what failed before that is the reason.
    const refusal = failure;
    await abandon(stream, refusal !== undefined);
    throw refusal === undefined ? error : mapPostgresError(refusal, session.where);
  }
  return stream.rowCount;
}

/** One line of COPY's text format (PostgreSQL manual, COPY, "Text Format"). */
export function copyLine(row: Row): string {
  // One look at the whole row: nearly none has anything to escape.
  const plain = !NEEDS_ESCAPE.test(row.join(''));
  let line = '';
  for (let index = 0; index < row.length; index++) {
    const value = row[index];
    if (index > 0) line += '\t';
    line += value === null || value === undefined ? '\\N' : plain ? value : escapeValue(value);
  }
  return `${line}\n`;
}

const NEEDS_ESCAPE = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeValue(value: string): string {
  return NEEDS_ESCAPE.test(value)
    ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : value;
}

type CopyStream = ReturnType<typeof copyFrom> & pg.Submittable;

async function* batches(rows: RowSource): AsyncGenerator<Iterable<Row>> {
  if (Symbol.asyncIterator in rows) yield* rows;
  else yield rows;
}

/** Ends the COPY and waits until the server has taken all of it. */
async function finish(stream: CopyStream, failure: () => unknown): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (failure() !== undefined) {
      reject(failure());
      return;
    }
    stream.once('error', reject);
    stream.once('finish', resolve);
    stream.end();
  });
}

/** Makes the server give up the COPY, so that the connection can be used again (for ROLLBACK). */
async function abandon(stream: CopyStream, serverHasEnded: boolean): Promise<void> {
  if (serverHasEnded || stream.destroyed) return;
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy(new Error('abandoned'));
  await closed;
}
