import type net from 'node:net';
import type pg from 'pg';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { lsnOf } from '../../model/watermark.ts';
import { mapPostgresError } from '../errors.ts';
import type { PgSession } from '../session.ts';
import { MessageCutter, type Progress, parseStreamed, statusUpdate } from './messages.ts';
import { MalformedMessage } from './pgoutput.ts';

/** What to stream: a slot, from a position, of publications. */
export interface StreamStart {
  readonly slot: string;
  readonly from: bigint;
  readonly publication: string;
}

/** Gets what the stream says, in its order. Whatever it throws ends the stream. */
export interface StreamListener {
  /** @param bytes a message of pgoutput as it came; they share the memory of what arrived with it */
  message(bytes: Buffer): void;
  /** All that was committed before this position has been sent. */
  position(lsn: bigint): void;
  /** The stream has ended; no more calls follow. */
  ended(error: FinanceDbError): void;
}

/** A stream that runs. */
export interface ReplicationStream {
  /** Stops reading from the socket, so that the server waits; answers to it go on. */
  pause(): void;
  resume(): void;
  /** What the server is told from now on, at once and then by the timer. */
  confirm(progress: Progress): void;
  /** Asks the server where it is: `position` is called soon. */
  ask(): void;
  /** Ends the stream and its connection. A temporary slot is gone then. */
  close(): void;
}

/** Well below half of wal_sender_timeout (a minute by default), and small enough for settings of a few seconds. */
const FEEDBACK_MS = 1000;

interface DriverConnection {
  readonly stream: net.Socket;
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

const COPY_DATA = 0x64;
const COPY_BOTH = 0x57;

/**
 * Starts streaming on a replication session and takes its socket for good. Values come as text by the session's settings, which
 * must be pinned before (`pinReplication`).
 * @throws FinanceDbError when the server refuses
 */
export function startStream(
  session: PgSession,
  start: StreamStart,
  listener: StreamListener,
): Promise<ReplicationStream> {
  return new Promise((resolve, reject) => {
    const query = new StreamQuery(session, start, listener, resolve, reject);
    session.client.query(query as unknown as pg.Submittable);
  });
}

/** The error of a message that is not of the protocol; any other is what it was. */
export function explainMalformed(error: unknown): unknown {
  if (!(error instanceof MalformedMessage)) return error;
  return new FinanceDbError('INTERNAL', `the replication stream cannot be read: ${error.message}`, { cause: error });
}

/** What pg calls a Submittable: it sends its own query, and is told of errors and of the end. */
class StreamQuery implements ReplicationStream {
  private connection: DriverConnection | undefined;
  private driverListeners: ((chunk: Buffer) => void)[] = [];
  private readonly cutter = new MessageCutter();
  private started = false;
  private over = false;
  private timer: NodeJS.Timeout | undefined;
  private progress: Progress;

  constructor(
    private readonly session: PgSession,
    private readonly start: StreamStart,
    private readonly listener: StreamListener,
    private readonly resolve: (stream: ReplicationStream) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    // 0 confirms nothing: a kept slot may stand further back, and whoever starts it looks where it stands first.
    this.progress = { received: start.from, flushed: 0n };
  }

  submit(connection: DriverConnection): void {
    this.connection = connection;
    this.driverListeners = connection.stream.listeners('data') as ((chunk: Buffer) => void)[];
    connection.stream.removeAllListeners('data');
    connection.stream.on('data', this.onData);
    const { slot, from, publication } = this.start;
    const names = `"${publication.replaceAll('"', '""')}"`.replaceAll("'", "''");
    connection.query(
      `START_REPLICATION SLOT "${slot}" LOGICAL ${lsnOf(from)} (proto_version '1', publication_names '${names}')`,
    );
  }

  pause(): void {
    if (!this.over) this.connection?.stream.pause();
  }

  resume(): void {
    if (!this.over) this.connection?.stream.resume();
  }

  confirm(progress: Progress): void {
    this.progress = progress;
    this.send(false);
  }

  ask(): void {
    this.send(true);
  }

  close(): void {
    this.end();
    this.connection?.stream.destroy();
  }

  private send(askBack: boolean): void {
    if (this.over || !this.started) return;
    this.connection?.sendCopyFromChunk(statusUpdate(this.progress, new Date(), askBack));
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.over) return;
    try {
      for (const message of this.cutter.push(chunk)) this.take(message);
    } catch (error) {
      this.fail(explainMalformed(error));
    }
  };

  private take(message: Buffer): void {
    if (this.over) return;
    if (message[0] === COPY_DATA) {
      const streamed = parseStreamed(message);
      if (streamed.kind === 'data') this.listener.message(streamed.payload);
      else if (streamed.kind === 'keepalive') {
        this.listener.position(streamed.walEnd);
        if (streamed.replyWanted) this.send(false);
      }
      return;
    }
    if (message[0] === COPY_BOTH) {
      this.started = true;
      this.timer = setInterval(() => this.send(false), FEEDBACK_MS);
      this.resolve(this);
      return;
    }
    // Errors, notices and the end are the driver's; a copy, since its parser may keep it.
    const own = Buffer.from(message);
    for (const listener of this.driverListeners) listener.call(this.connection?.stream, own);
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.end();
    this.connection?.stream.destroy();
    const mapped = mapPostgresError(error, this.session.where);
    if (this.started) this.listener.ended(mapped);
    else this.reject(mapped);
  }

  private end(): void {
    this.over = true;
    clearInterval(this.timer);
  }

  /** An error of the server, or the end of the connection; the driver calls this. */
  handleError(error: unknown): void {
    this.fail(error);
  }

  /** The server ended the stream in order: it shuts down. */
  handleReadyForQuery(): void {
    this.fail(new FinanceDbError('PG_CONNECTION_LOST', `PostgreSQL (${this.session.where}) ended the stream`));
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}
