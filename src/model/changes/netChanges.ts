/** A column of an update that keeps what the row held. */
export const KEPT = Symbol('kept');

/** The bytes of a value's text, one character each; null for NULL. */
export type ChangedValue = string | null | typeof KEPT;

/** What becomes of one key, all changes of a batch taken together. */
export interface NetChange {
  readonly key: readonly string[];
  /** Whether a row of this key must be there before the batch: exactly one then, and none otherwise. */
  readonly before: boolean;
  /** The row afterwards; null for none. */
  readonly after: NetRow | null;
}

export interface NetRow {
  readonly values: readonly ChangedValue[];
  /** The key, before the batch, of the row that KEPT values are taken from; null when there are none. */
  readonly base: readonly string[] | null;
}

/**
 * Changes that cannot follow each other, or on what the file holds: it, or what we believe of the stream, is wrong. The table
 * is read anew then.
 */
export class Contradiction extends Error {}

interface Entry {
  readonly key: readonly string[];
  readonly before: boolean;
  after: NetRow | null;
}

/**
 * The changes of one table in the order of their commits, netted by the columns that identify a row. Keys are told apart by
 * their texts, the finest that there is: `1.0` and `1.00` are two, and a change from one to the other is a delete and an insert.
 */
export class NetChanges {
  /** Bytes of text that are held, about. */
  bytes = 0;
  /** The table was emptied, before all that is held here. */
  truncated = false;
  private entries = new Map<string, Entry>();

  /** @param keyColumns where in a row the values of the key are */
  constructor(private readonly keyColumns: readonly number[]) {}

  get size(): number {
    return this.entries.size;
  }

  list(): Iterable<NetChange> {
    return this.entries.values();
  }

  /** @throws Contradiction when the batch has put a row of that key there already */
  insert(values: readonly ChangedValue[]): void {
    if (values.includes(KEPT)) throw new Contradiction('a new row keeps a value of none');
    this.put(this.keyOf(values), { values, base: null });
  }

  /**
   * @param oldKey of the row as it was; null when the key is the same
   * @throws Contradiction when the batch has removed that row, or put another one in the place of its new key
   */
  update(oldKey: readonly ChangedValue[] | null, values: readonly ChangedValue[]): void {
    const key = this.keyOf(values);
    const old = oldKey === null ? key : requireKey(oldKey);
    const taken = this.take(old);
    const kept = values.includes(KEPT);
    const filled =
      kept && taken !== null
        ? values.map((value, at) => (value === KEPT ? (taken.values[at] ?? null) : value))
        : values;
    const base = filled.includes(KEPT) ? (taken === null ? old : taken.base) : null;
    this.put(key, { values: filled, base });
  }

  /** @throws Contradiction when the batch has removed that row already */
  delete(key: readonly ChangedValue[]): void {
    this.take(requireKey(key));
  }

  truncate(): void {
    this.entries.clear();
    this.bytes = 0;
    this.truncated = true;
  }

  /** The values of the key in a row. */
  keyOf(values: readonly ChangedValue[]): string[] {
    return requireKey(this.keyColumns.map((column) => values[column] ?? null));
  }

  /** Removes the row of a key. @returns what the batch made of it; null for the row that was there before */
  private take(key: readonly string[]): NetRow | null {
    const name = nameOf(key);
    const entry = this.entries.get(name);
    if (entry === undefined) {
      this.entries.set(name, { key, before: true, after: null });
      this.bytes += costOf(key);
      return null;
    }
    const { after } = entry;
    if (after === null) throw new Contradiction(`a row of the key ${shown(key)} was changed after it was deleted`);
    this.bytes -= costOf(after.values);
    entry.after = null;
    return after;
  }

  private put(key: readonly string[], row: NetRow): void {
    const name = nameOf(key);
    const entry = this.entries.get(name);
    this.bytes += costOf(row.values);
    if (entry === undefined) {
      this.entries.set(name, { key, before: false, after: row });
      this.bytes += costOf(key);
      return;
    }
    if (entry.after !== null) throw new Contradiction(`a second row of the key ${shown(key)} came`);
    entry.after = row;
  }
}

function requireKey(values: readonly ChangedValue[]): string[] {
  return values.map((value) => {
    if (typeof value !== 'string') throw new Contradiction('a row came without its key');
    return value;
  });
}

/** No text of PostgreSQL holds a NUL. */
function nameOf(key: readonly string[]): string {
  return key.length === 1 ? (key[0] ?? '') : key.join('\0');
}

function shown(key: readonly string[]): string {
  return key.map((value) => JSON.stringify(value.slice(0, 60))).join(', ');
}

/** Bytes of a row in memory, about: its texts, and what holds them. */
function costOf(values: readonly ChangedValue[]): number {
  return values.reduce((sum: number, value) => sum + (typeof value === 'string' ? value.length : 0) + 16, 64);
}
