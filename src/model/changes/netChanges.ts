/** A column of an update that keeps what the row held. */
export const KEPT = Symbol('kept');

/** The bytes of a value's text, one character each; null for NULL. */
export type ChangedValue = string | null | typeof KEPT;

/** What a change takes in memory beside its texts, about. */
const ENTRY_BYTES = 150;

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

/** One key's change, by the key's name. Texts are packed: there are a hundred thousand of these. */
interface Entry {
  readonly before: boolean;
  /** The packed values of the row afterwards; null for none. */
  after: string | null;
  /** The name of the key that KEPT values are taken by; null when there are none. */
  base: string | null;
}

/**
 * The changes of one table in the order of their commits, netted by the columns that identify a row. Keys are told apart by
 * their texts, the finest that there is: `1.0` and `1.00` are two, and a change from one to the other is a delete and an insert.
 */
export class NetChanges {
  /** Bytes of memory that are taken, about. */
  bytes = 0;
  /** The table was emptied, before all that is held here. */
  truncated = false;
  private entries = new Map<string, Entry>();

  /** @param keyColumns where in a row the values of the key are */
  constructor(private readonly keyColumns: readonly number[]) {}

  get size(): number {
    return this.entries.size;
  }

  *list(): Iterable<NetChange> {
    for (const [name, { before, after, base }] of this.entries)
      yield {
        ...{ key: keyNamed(name), before },
        after: after === null ? null : { values: unpack(after), base: base === null ? null : keyNamed(base) },
      };
  }

  /** Lets go of what is held; it has been listed for the last time. */
  release(): void {
    this.entries.clear();
    this.bytes = 0;
  }

  /** @throws Contradiction when the batch has put a row of that key there already */
  insert(values: readonly ChangedValue[]): void {
    if (values.includes(KEPT)) throw new Contradiction('a new row keeps a value of none');
    this.put(this.keyOf(values), values, null);
  }

  /**
   * @param oldKey of the row as it was; null when the key is the same
   * @throws Contradiction when the batch has removed that row, or put another one in the place of its new key
   */
  update(oldKey: readonly ChangedValue[] | null, values: readonly ChangedValue[]): void {
    const key = this.keyOf(values);
    const old = oldKey === null ? key : requireKey(oldKey);
    const keeps = values.includes(KEPT);
    const taken = this.take(old, keeps);
    const made = taken?.values ?? null;
    const filled =
      keeps && made !== null ? values.map((value, at) => (value === KEPT ? (made[at] ?? null) : value)) : values;
    const base = filled.includes(KEPT) ? (taken === null ? nameOf(old) : taken.base) : null;
    this.put(key, filled, base);
  }

  /** @throws Contradiction when the batch has removed that row already */
  delete(key: readonly ChangedValue[]): void {
    this.take(requireKey(key), false);
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

  /**
   * Removes the row of a key.
   * @param wanted whether its values are asked for
   * @returns what the batch made of it; null for the row that was there before
   */
  private take(
    key: readonly string[],
    wanted: boolean,
  ): { readonly values: readonly ChangedValue[] | null; readonly base: string | null } | null {
    const name = nameOf(key);
    const entry = this.entries.get(name);
    if (entry === undefined) {
      this.add(name, { before: true, after: null, base: null });
      return null;
    }
    const { after, base } = entry;
    if (after === null) throw new Contradiction(`a row of the key ${shown(key)} was changed after it was deleted`);
    this.bytes -= after.length;
    entry.after = null;
    entry.base = null;
    return { values: wanted ? unpack(after) : null, base };
  }

  private put(key: readonly string[], values: readonly ChangedValue[], base: string | null): void {
    const name = nameOf(key);
    const after = pack(values);
    this.bytes += after.length;
    const entry = this.entries.get(name);
    if (entry === undefined) {
      this.add(name, { before: false, after, base });
      return;
    }
    if (entry.after !== null) throw new Contradiction(`a second row of the key ${shown(key)} came`);
    entry.after = after;
    entry.base = base;
  }

  private add(name: string, entry: Entry): void {
    this.entries.set(name, entry);
    this.bytes += name.length + ENTRY_BYTES;
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

function keyNamed(name: string): string[] {
  return name.split('\0');
}

/** The values of a row as one text: before each a letter that says what it is, between them a NUL. */
function pack(values: readonly ChangedValue[]): string {
  return values.map((value) => (value === null ? 'n' : value === KEPT ? 'k' : `t${value}`)).join('\0');
}

function unpack(row: string): ChangedValue[] {
  return row.split('\0').map((part) => (part === 'n' ? null : part === 'k' ? KEPT : part.slice(1)));
}

function shown(key: readonly string[]): string {
  return key.map((value) => JSON.stringify(value.slice(0, 60))).join(', ');
}
