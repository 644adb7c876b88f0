/** What is kept, in bytes, roughly. */
const MOST_BYTES = 16_000_000;

/**
 * Pages as they were sent, by their tags: the same file, day, minute and address make the same page, so that a second
 * visitor, or the same one in another tab, costs neither a question nor markup. The least recently used are forgotten first.
 */
export class PageMemo {
  private readonly most: number;
  private readonly kept = new Map<string, string>();
  private held = 0;

  constructor(most = MOST_BYTES) {
    this.most = most;
  }

  get(tag: string): string | undefined {
    const page = this.kept.get(tag);
    if (page === undefined) return undefined;
    this.kept.delete(tag);
    this.kept.set(tag, page);
    return page;
  }

  put(tag: string, page: string): void {
    this.forget(tag);
    this.kept.set(tag, page);
    this.held += bytesOf(page);
    for (const oldest of this.kept.keys()) {
      if (this.held <= this.most) break;
      this.forget(oldest);
    }
  }

  private forget(tag: string): void {
    const page = this.kept.get(tag);
    if (page === undefined) return;
    this.kept.delete(tag);
    this.held -= bytesOf(page);
  }
}

function bytesOf(page: string): number {
  return 2 * page.length;
}
