import crypto from 'node:crypto';
import fs from 'node:fs';
import { readSnapshotNote, type SnapshotNote } from '../../app/dashboard/snapshotNote.ts';
import { type DuckDbFile, type DuckDbReader, openFile } from '../../duckdb/reader.ts';
import { RowFinder } from '../../duckdb/rowFinder.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { throwIfStopped } from '../../errors/stopped.ts';
import { memoReader, TurnedConnection } from './memoReader.ts';
import { StatementMemo } from './statementMemo.ts';
import type { Turns } from './turns.ts';

/** One request's hold on the published file, until it is released. */
export interface Lease {
  /** Remembers what statements gave. For the first that it does not know it connects. */
  readonly reader: DuckDbReader;
  readonly snapshot: SnapshotNote;
  /**
   * Waits for a turn and gives a connection of its own, for what runs on the connection itself.
   * @throws FinanceDbError WEB_BUSY
   */
  connect(): Promise<DuckDbReader>;
  release(): void;
}

/** An open file, and how many read it. */
interface Held {
  readonly id: string;
  readonly file: DuckDbFile;
  readonly note: SnapshotNote;
  readonly memo: StatementMemo;
  readonly rows: RowFinder;
  leases: number;
  retired: boolean;
}

export interface SnapshotOptions {
  readonly path: string;
  readonly memory: string;
  readonly timeZone: string;
  readonly turns: Turns;
}

/** How often a file may be replaced while it is opened, before that is told. */
const MOST_TRIES = 5;

/**
 * The published file, opened once for as many as read it. A sync puts another file in its place: who comes later reads that,
 * and the earlier one is closed after its last reader.
 */
export class Snapshots {
  private readonly options: SnapshotOptions;
  private current: Held | null = null;
  private opening: Promise<Held> | null = null;
  private closed = false;

  constructor(options: SnapshotOptions) {
    this.options = options;
  }

  /** The id of the file that is there now, without opening it; null where there is none. */
  currentId(): string | null {
    try {
      const { dev, ino, size, mtimeNs, birthtimeNs } = fs.statSync(this.options.path, { bigint: true });
      const identity = [dev, ino, size, mtimeNs, birthtimeNs].join(':');
      return crypto.createHash('sha256').update(identity).digest('hex').slice(0, 12);
    } catch {
      return null;
    }
  }

  /** What is known of the current file; opens it where need be. Null where there is none. */
  async note(): Promise<SnapshotNote | null> {
    if (this.currentId() === null) return null;
    const held = await this.hold();
    this.letGo(held);
    return held.note;
  }

  /** The same of the file that was opened last, at once. */
  known(): SnapshotNote | null {
    return this.current?.note ?? null;
  }

  /**
   * Holds the newest file. A turn is waited for only when something has to be looked up in it: what is known already is
   * answered even while long questions take all turns.
   * @param signal interrupts what runs on it
   * @throws FinanceDbError DUCKDB_MISSING, DUCKDB_UNREADABLE …
   */
  async lease(signal: AbortSignal): Promise<Lease> {
    throwIfStopped(signal);
    const held = await this.hold();
    const { path, timeZone, turns } = this.options;
    const line = new TurnedConnection(held.file, turns, signal);
    let released = false;
    return {
      reader: memoReader({ path, timeZone, rows: held.rows }, held.memo, line, signal),
      snapshot: held.note,
      connect: () => line.connect(),
      release: () => {
        if (released) return;
        released = true;
        // What runs on an abandoned connection keeps its file open, whatever we say.
        if (line.close()) this.letGo(held);
      },
    };
  }

  /** Closes a file that was replaced, so that its space on the disk is given back although nobody asks for the new one. */
  letGoOfOld(): void {
    if (this.current !== null && this.current.id !== this.currentId()) this.retire();
  }

  /** Closes what nobody reads; the rest is closed by its last reader. */
  close(): void {
    this.closed = true;
    this.retire();
  }

  /** The newest file, held once more: until letGo. */
  private async hold(): Promise<Held> {
    let held = this.current;
    if (held === null || held.id !== this.currentId()) {
      this.opening ??= this.open().finally(() => {
        this.opening = null;
      });
      held = await this.opening;
      if (this.closed) {
        if (held.leases === 0) held.file.close();
        throw new FinanceDbError('TERMINATED', 'the server is stopping');
      }
      if (held !== this.current) {
        this.retire();
        this.current = held;
      }
    }
    held.leases++;
    return held;
  }

  private async open(): Promise<Held> {
    const { path, memory, timeZone } = this.options;
    for (let attempt = 1; ; attempt++) {
      const id = this.currentId();
      const file = await openFile(path, { memory, timeZone });
      // A sync may have published between the two.
      if (id !== null && id === this.currentId()) {
        const reader = await file.connect();
        try {
          const note = await readSnapshotNote(reader, id);
          return { id, file, note, memo: new StatementMemo(), rows: new RowFinder(), leases: 0, retired: false };
        } finally {
          reader.close();
        }
      }
      file.close();
      if (attempt === MOST_TRIES)
        throw new FinanceDbError('DUCKDB_UNREADABLE', `${path} was replaced again and again while it was opened`);
    }
  }

  private retire(): void {
    const held = this.current;
    this.current = null;
    if (held === null || held.retired) return;
    held.retired = true;
    if (held.leases === 0) held.file.close();
  }

  private letGo(held: Held): void {
    held.leases--;
    if (held.retired && held.leases === 0) held.file.close();
  }
}
