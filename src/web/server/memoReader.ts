import { orStopped } from '../../duckdb/orStopped.ts';
import type { DuckDbFile, DuckDbReader, ReaderParams } from '../../duckdb/reader.ts';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { throwIfStopped } from '../../errors/stopped.ts';
import type { StatementMemo } from './statementMemo.ts';
import type { Turns } from './turns.ts';

/** A request's connection: made when it is first needed, once its turn has come. */
export class TurnedConnection {
  private readonly file: DuckDbFile;
  private readonly turns: Turns;
  private readonly signal: AbortSignal;
  private connecting: Promise<DuckDbReader> | null = null;
  private connected: DuckDbReader | null = null;
  private endTurn: (() => void) | null = null;
  private closed = false;

  constructor(file: DuckDbFile, turns: Turns, signal: AbortSignal) {
    this.file = file;
    this.turns = turns;
    this.signal = signal;
  }

  /** Null before it is connected. */
  get reader(): DuckDbReader | null {
    return this.connected;
  }

  /** @throws FinanceDbError WEB_BUSY, or the reason of the signal */
  connect(): Promise<DuckDbReader> {
    this.connecting ??= this.make();
    return this.connecting;
  }

  /** @returns false when something still runs on it and the file has to stay open */
  close(): boolean {
    this.closed = true;
    const { connected } = this;
    connected?.close();
    this.endTurn?.();
    return connected?.abandoned !== true;
  }

  private async make(): Promise<DuckDbReader> {
    const endTurn = await this.turns.take(this.signal);
    this.endTurn = endTurn;
    try {
      if (this.closed) throw letGo();
      const connected = await this.file.connect(this.signal);
      if (this.closed) {
        connected.close();
        throw letGo();
      }
      this.connected = connected;
      return connected;
    } catch (error) {
      endTurn();
      throw error;
    }
  }
}

function letGo(): FinanceDbError {
  return new FinanceDbError('INTERNAL', 'the file was let go of before it was read');
}

/**
 * A reader that runs each statement once: what is remembered of the file is answered at once.
 * @param of what is known of the file without a connection
 */
export function memoReader(
  of: Pick<DuckDbReader, 'path' | 'timeZone' | 'rows'>,
  memo: StatementMemo,
  line: TurnedConnection,
  signal: AbortSignal,
): DuckDbReader {
  const required = (): DuckDbReader => {
    if (line.reader === null) throw new FinanceDbError('INTERNAL', 'nothing is connected yet');
    return line.reader;
  };
  return {
    ...of,
    remembers: true,
    knows: (sql) => memo.get(sql) !== undefined,
    get connection() {
      return required().connection;
    },
    async all<T>(sql: string, params?: ReaderParams): Promise<T[]> {
      throwIfStopped(signal);
      const statement = params === undefined ? sql : `${sql}\n${JSON.stringify(params)}`;
      const known = await knownOrRunning<T>(memo, statement, signal);
      if (known !== undefined) return [...known];
      const refusal = memo.refusal(statement);
      if (refusal !== undefined) throw refusal;
      const reader = await line.connect();
      // While a turn was waited for, somebody may have asked the same.
      const meanwhile = await knownOrRunning<T>(memo, statement, signal);
      if (meanwhile !== undefined) return [...meanwhile];
      const end = memo.begin(statement);
      try {
        const rows = await reader.all<T>(sql, params);
        memo.put(statement, rows);
        return rows;
      } catch (error) {
        if (messageOf(error).startsWith('Catalog Error')) memo.refuse(statement, error);
        throw error;
      } finally {
        end();
      }
    },
    // The lease closes it.
    close: () => undefined,
    abandon: () => line.reader?.abandon(),
    get abandoned() {
      return line.reader?.abandoned === true;
    },
  };
}

/**
 * What is known, or will be once whoever asks it now has the answer: the same question is not run twice at a time. Only
 * who has a turn runs anything, so nobody waits for somebody who waits for a turn.
 */
async function knownOrRunning<T>(
  memo: StatementMemo,
  statement: string,
  signal: AbortSignal,
): Promise<readonly T[] | undefined> {
  for (;;) {
    const known = memo.get<T>(statement);
    const running = known === undefined ? memo.whileRun(statement) : undefined;
    if (running === undefined) return known;
    await orStopped(running, signal, () => undefined, 0);
  }
}
