import { standingAlone } from '../freeText.ts';

/**
 * Answers that were given lately: at most twice so many as `size`, those unused for long go first.
 * Keys may be pieces of a file's text; values must stand alone (`standingAlone`), or each keeps all of the text that it was cut from.
 */
export class BoundedMap<Value> {
  private recent = new Map<string, Value>();
  private older = new Map<string, Value>();
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  get(key: string): Value | undefined {
    const found = this.recent.get(key);
    if (found !== undefined) return found;
    const old = this.older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (this.recent.size >= this.size) {
      this.older = this.recent;
      this.recent = new Map();
    }
    this.recent.set(standingAlone(key), value);
  }
}
