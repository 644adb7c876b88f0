import type { Socket } from 'node:net';
import type pg from 'pg';
import { mapPostgresError } from './errors.ts';
import type { PgSession } from './session.ts';

/** Takes the rows of a COPY. `write` gets whole rows and may ask for patience by returning a promise. */
export interface RowSink {
  write(rows: Buffer, count: number): Promise<void> | undefined;
  /** The longest row so far, in bytes: DuckDB's reader must be told. */
  noteLongest(bytes: number): void;
}

export interface CopyCount {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows are handed on in pieces of about this size. */
const PIECE_BYTES = 1 << 20;

const COPY_DATA = 0x64; // d
const COPY_OUT = 0x48; // H
const COPY_DONE = 0x63; // c
const READY = 0x5a; // Z
const HEADER = 5;

/**
 * Runs `COPY … TO STDOUT` and hands its rows to `sink`, with backpressure down to the socket.
 *
 * The rows never become JavaScript strings or objects: while the COPY runs this takes the place of the driver's own
 * parser on the socket, strips the five bytes of framing from each message, and passes every message that is not
 * COPY data on to the driver. Messages are as in the PostgreSQL manual, "Message Formats".
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
  readonly stream: Socket;
  query(sql: string): void;
}

/** What pg calls a Submittable: it sends its own query, and is told of errors and of the end. */
class CopyOutQuery {
  private stream: Socket | undefined;
  private driverListeners: ((chunk: Buffer) => void)[] = [];
  /** Chunks of a message that has not arrived whole; joined once, when `needed` bytes are there. */
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private needed = HEADER;
  private piece = Buffer.allocUnsafeSlow(PIECE_BYTES + (PIECE_BYTES >> 1));
  private filled = 0;
  private rows = 0;
  private handed = 0;
  private bytes = 0;
  private longest = 0;
  private failure: unknown;
  private destroyed = false;
  private writing: Promise<void> | undefined;

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

  private readonly onData = (chunk: Buffer): void => {
    if (this.destroyed) return;
    this.pendingBytes += chunk.length;
    if (this.pendingBytes < this.needed) {
      this.pending.push(chunk);
      return;
    }
    const data = this.pending.length === 0 ? chunk : Buffer.concat([...this.pending, chunk]);
    this.pending = [];
    this.pendingBytes = 0;
    try {
      this.consume(data);
    } catch (error) {
      this.fail(error);
    }
  };

  private consume(data: Buffer): void {
    let at = 0;
    while (at + HEADER <= data.length) {
      const length = data.readUInt32BE(at + 1) + 1;
      const end = at + length;
      if (end > data.length) {
        this.needed = length;
        break;
      }
      this.needed = HEADER;
      const type = data[at];
      if (type === COPY_DATA) this.addRow(data, at + HEADER, end);
      else if (type === READY) {
        this.handBack(data.subarray(at));
        return;
      } else if (type !== COPY_OUT && type !== COPY_DONE) this.passOn(data.subarray(at, end));
      at = end;
    }
    if (at < data.length) {
      this.pending = [data.subarray(at)];
      this.pendingBytes = data.length - at;
    }
    if (this.filled >= PIECE_BYTES) this.flush();
  }

  private addRow(data: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > this.longest) {
      this.longest = length;
      this.sink.noteLongest(length);
    }
    if (this.filled + length > this.piece.length) this.flush();
    this.rows++;
    this.bytes += length;
    if (length > this.piece.length) {
      this.hand(Buffer.from(data.subarray(start, end)));
      return;
    }
    data.copy(this.piece, this.filled, start, end);
    this.filled += length;
  }

  private flush(): void {
    if (this.filled === 0) return;
    this.hand(this.piece.subarray(0, this.filled));
    this.piece = Buffer.allocUnsafeSlow(this.piece.length);
    this.filled = 0;
  }

  private hand(rows: Buffer): void {
    const waiting = this.sink.write(rows, this.rows - this.handed);
    this.handed = this.rows;
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
    try {
      this.flush();
    } catch (error) {
      this.fail(error);
      return;
    }
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
