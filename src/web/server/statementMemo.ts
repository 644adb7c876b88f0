/** What a memo may hold, in bytes; rows are measured roughly, by their texts. */
export interface MemoLimits {
  readonly bytes: number;
  /** A larger result is not kept: it would push out everything else. */
  readonly largest: number;
}

const LIMITS: MemoLimits = { bytes: 48_000_000, largest: 4_000_000 };
/** What an object, an array or a value takes beside its text. */
const OVERHEAD = 24;

/** Statements of ours that look for a table are few. */
const MOST_REFUSED = 50;

interface Kept {
  readonly rows: unknown;
  readonly bytes: number;
}

/**
 * What the statements of reports gave on one published file. The file never changes and our statements hold no clock (a
 * report's day is written into its SQL), so that the same text gives the same rows for as long as the file is served. The
 * least recently used are forgotten first.
 */
export class StatementMemo {
  private readonly kept = new Map<string, Kept>();
  private readonly limits: MemoLimits;
  private readonly refused = new Map<string, unknown>();
  private readonly running = new Map<string, Promise<void>>();
  private held = 0;

  constructor(limits: MemoLimits = LIMITS) {
    this.limits = limits;
  }

  /** How many bytes it holds, roughly. */
  get bytes(): number {
    return this.held;
  }

  /** @returns undefined for what is not known */
  get<T>(statement: string): readonly T[] | undefined {
    const found = this.kept.get(statement);
    if (found === undefined) return undefined;
    this.kept.delete(statement);
    this.kept.set(statement, found);
    return found.rows as readonly T[];
  }

  put(statement: string, rows: readonly unknown[]): void {
    const bytes = 2 * statement.length + sizeOf(rows);
    if (bytes > this.limits.largest) return;
    this.forget(statement);
    this.kept.set(statement, { rows, bytes });
    this.held += bytes;
    for (const oldest of this.kept.keys()) {
      if (this.held <= this.limits.bytes) break;
      this.forget(oldest);
    }
  }

  /** Remembers that a statement asked for what the file has not: a table of ours in a file of others. */
  refuse(statement: string, error: unknown): void {
    if (this.refused.size < MOST_REFUSED) this.refused.set(statement, error);
  }

  /** The error that it ended with; undefined when it did not. */
  refusal(statement: string): unknown {
    return this.refused.get(statement);
  }

  /** Resolves when whoever runs a statement now is done with it, well or not; undefined while nobody does. */
  whileRun(statement: string): Promise<void> | undefined {
    return this.running.get(statement);
  }

  /** Marks a statement as being run, until the function that is returned is called. */
  begin(statement: string): () => void {
    let done = (): void => undefined;
    const running = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.running.set(statement, running);
    return () => {
      if (this.running.get(statement) === running) this.running.delete(statement);
      done();
    };
  }

  private forget(statement: string): void {
    this.held -= this.kept.get(statement)?.bytes ?? 0;
    this.kept.delete(statement);
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return OVERHEAD + 2 * value.length;
  if (value === null || typeof value !== 'object') return OVERHEAD;
  let bytes = OVERHEAD;
  for (const member of Object.values(value)) bytes += sizeOf(member);
  return bytes;
}
