import type pg from 'pg';
import { CopyFrames } from './copyFrames.ts';
import { mapPostgresError } from './errors.ts';
import type { ReaderSocket } from './readerSocket.ts';
import type { PgSession } from './session.ts';

/** Takes the rows of a COPY. */
export interface RowSink {
  /** Gets whole rows, good until it returns, and may ask for patience by returning a promise. */
  write(rows: Buffer, count: number): Promise<void> | undefined;
  /** The longest row so far, in bytes: DuckDB's reader must be told. */
  noteLongest(bytes: number): void;
}

export interface CopyCount {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Runs `COPY … TO STDOUT` and hands its rows to `sink`, with backpressure down to the socket.
 *
 * The rows never become JavaScript strings or objects: while the COPY runs this takes the place of the driver's own
 * parser on the socket, strips the framing from the rows, and passes every other message on to the driver.
 * @throws FinanceDbError when the server or the connection fails, and whatever the sink throws.
 */
export async function copyOut(
  session: PgSession,
  sql: string,
  sink: RowSink,
  signal?: AbortSignal,
): Promise<CopyCount> {
  return new Promise<CopyCount>((resolve, reject) => {
    const query = new CopyOutQuery(session.where, sql, sink, signal, resolve, reject);
    session.client.query(query as unknown as pg.Submittable);
  });
}

/** The parts of the driver's connection that a COPY needs. */
interface DriverConnection {
  readonly stream: ReaderSocket;
  query(sql: string): void;
}

/** What pg calls a Submittable: it sends its own query, and is told of errors and of the end. */
class CopyOutQuery {
  private stream: ReaderSocket | undefined;
  private driverListeners: ((chunk: Buffer) => void)[] = [];
  private rows = 0;
  private bytes = 0;
  private failure: unknown;
  private destroyed = false;
  private writing: Promise<void> | undefined;
  private readonly frames = new CopyFrames({
    rows: (rows, count) => this.hand(rows, count),
    message: (message) => this.passOn(message),
    ready: (rest) => this.handBack(rest),
  });

  constructor(
    private readonly where: string,
    private readonly sql: string,
    private readonly sink: RowSink,
    private readonly signal: AbortSignal | undefined,
    private readonly resolve: (count: CopyCount) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  submit(connection: DriverConnection): void {
    this.stream = connection.stream;
    this.driverListeners = this.stream.listeners('data') as ((chunk: Buffer) => void)[];
    this.stream.removeAllListeners('data');
    this.stream.on('data', this.onData);
    this.stream.takeChunk = this.onChunk;
    this.signal?.addEventListener('abort', this.onAbort, { once: true });
    connection.query(this.sql);
  }

  /** The only way to stop a COPY midway is to drop the connection; the server ends its side when it notices. */
  private readonly onAbort = (): void => {
    this.fail(this.signal?.reason);
  };

  private fail(error: unknown): void {
    this.failure ??= error ?? new Error('aborted');
    this.destroyed = true;
    this.stream?.destroy();
    this.reject(this.failure);
  }

  private readonly onData = (chunk: Buffer): void => this.onChunk(chunk, 0, chunk.length);

  private readonly onChunk = (memory: Buffer, start: number, end: number): void => {
    if (this.destroyed) return;
    try {
      this.frames.push(memory, start, end);
    } catch (error) {
      this.fail(error);
    }
  };

  private hand(rows: Buffer, count: number): void {
    this.rows += count;
    this.bytes += rows.length;
    this.sink.noteLongest(this.frames.longestRow);
    const waiting = this.sink.write(rows, count);
    if (waiting === undefined) return;
    this.stream?.pause();
    const all = this.writing === undefined ? waiting : Promise.all([this.writing, waiting]).then(() => undefined);
    this.writing = all;
    all.then(
      () => {
        if (this.writing === all) {
          this.writing = undefined;
          if (!this.destroyed) this.stream?.resume();
        }
      },
      (error: unknown) => this.fail(error),
    );
  }

  private passOn(message: Buffer): void {
    // A copy: the driver's parser may keep a reference beyond this chunk.
    const own = Buffer.from(message);
    for (const listener of this.driverListeners) listener.call(this.stream, own);
  }

  /** Gives the socket back to the driver, beginning with ReadyForQuery. */
  private handBack(rest: Buffer): void {
    const { stream } = this;
    if (stream === undefined) return;
    this.signal?.removeEventListener('abort', this.onAbort);
    stream.removeListener('data', this.onData);
    stream.takeChunk = undefined;
    for (const listener of this.driverListeners) stream.on('data', listener);
    this.passOn(rest);
  }

  /** An error of the server, or the end of the connection; the driver calls this. */
  handleError(error: unknown): void {
    this.signal?.removeEventListener('abort', this.onAbort);
    this.failure ??= mapPostgresError(error, this.where);
    this.reject(this.failure);
  }

  handleReadyForQuery(): void {
    if (this.failure !== undefined) return;
    const count = { rows: this.rows, bytes: this.bytes };
    if (this.writing === undefined) this.resolve(count);
    else this.writing.then(() => this.resolve(count), this.reject);
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
