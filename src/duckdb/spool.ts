import fs from 'node:fs';
import path from 'node:path';
import { mapFileError } from '../files/fileErrors.ts';

/** A finished file of rows in COPY's text format, waiting to be read by DuckDB. */
export interface SpoolFile {
  readonly path: string;
  readonly bytes: number;
  /** Whether there is a backslash in it: without one, no value is escaped. */
  readonly escapes: boolean;
}

/** Takes rows in whole lines; a promise asks for patience. */
export interface SpoolSink {
  write(rows: Buffer, count: number): Promise<void> | undefined;
  noteLongest(bytes: number): void;
  /** No more rows from this one. */
  end(): void;
}

export interface SpoolLimits {
  /** A file is handed on when it has grown to this. */
  readonly fileBytes: number;
  /** Writers wait while so much is waiting to be read: bounds the disk that a load needs beside its result. */
  readonly totalBytes: number;
}

const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  bytes: number;
  escapes: boolean;
}

/**
 * The buffer between PostgreSQL's rows and DuckDB's reader: files, so that DuckDB reads them with all its threads and
 * memory stays small. Each sink writes a file of its own; finished ones queue up until `take`.
 */
export class Spool {
  /** The longest row so far, in bytes. */
  longestRow = 0;
  private readonly ready: SpoolFile[] = [];
  private waitingBytes = 0;
  private open = 0;
  private created = 0;
  private failure: unknown;
  private wakeReader: (() => void) | undefined;
  private wakeWriters: (() => void)[] = [];

  constructor(
    private readonly folder: string,
    private readonly limits: SpoolLimits,
  ) {
    // A load that failed may have left files, and be followed by another way to do it.
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
  }

  /** A new stream of rows into the spool. */
  sink(): SpoolSink {
    let file: OpenFile | undefined;
    this.open++;
    const finish = (): void => {
      if (file === undefined) return;
      fs.closeSync(file.fd);
      this.ready.push({ path: file.path, bytes: file.bytes, escapes: file.escapes });
      file = undefined;
      this.wake();
    };
    return {
      write: (rows) => {
        if (this.failure !== undefined) throw this.failure;
        try {
          file ??= this.create(rows);
          writeAll(file.fd, rows);
        } catch (error) {
          throw mapFileError(error, this.folder);
        }
        file.bytes += rows.length;
        file.escapes ||= rows.includes(BACKSLASH);
        this.waitingBytes += rows.length;
        if (file.bytes >= this.limits.fileBytes) finish();
        if (this.waitingBytes < this.limits.totalBytes) return undefined;
        // Whatever is there must be readable before we wait for it to be read.
        finish();
        return new Promise((resolve) => this.wakeWriters.push(resolve));
      },
      noteLongest: (bytes) => {
        if (bytes > this.longestRow) this.longestRow = bytes;
      },
      end: () => {
        finish();
        this.open--;
        this.wake();
      },
    };
  }

  /**
   * Waits until at least `minimumBytes` can be read, or all sinks have ended, or writers wait for us.
   * @returns the files, or null when everything was taken.
   */
  async take(minimumBytes: number): Promise<SpoolFile[] | null> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const bytes = this.ready.reduce((sum, file) => sum + file.bytes, 0);
      if (this.open === 0 || bytes >= minimumBytes || (bytes > 0 && this.wakeWriters.length > 0)) {
        const files = this.ready.splice(0);
        return files.length === 0 && this.open === 0 ? null : files;
      }
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
  }

  /** Removes files that were read, and lets writers go on. */
  discard(files: readonly SpoolFile[]): void {
    for (const file of files) {
      fs.rmSync(file.path, { force: true });
      this.waitingBytes -= file.bytes;
    }
    for (const resolve of this.wakeWriters.splice(0)) resolve();
  }

  /** Ends reader and writers with `error`. */
  abort(error: unknown): void {
    this.failure ??= error;
    this.wake();
    for (const resolve of this.wakeWriters.splice(0)) resolve();
  }

  private create(firstRows: Buffer): OpenFile {
    const name = path.join(this.folder, `rows-${this.created++}.tsv`);
    const fd = fs.openSync(name, 'wx', 0o600);
    // DuckDB takes U+FEFF at the head of a file for a byte order mark and drops it: give it one to drop.
    try {
      if (firstRows.subarray(0, 3).equals(BYTE_ORDER_MARK)) writeAll(fd, BYTE_ORDER_MARK);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    return { path: name, fd, bytes: 0, escapes: false };
  }

  private wake(): void {
    this.wakeReader?.();
    this.wakeReader = undefined;
  }
}

function writeAll(fd: number, data: Buffer): void {
  for (let at = 0; at < data.length; ) at += fs.writeSync(fd, data, at);
}
