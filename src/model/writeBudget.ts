/** How long a burst may be paid for beforehand, in seconds: an evening's work is published at once, a busy source is not. */
const BURST_SECONDS = 600;

/**
 * Bounds what publishing writes on the average, so that a busy source does not wear out a disk: what is not used in quiet times
 * may be spent later, up to ten minutes' worth.
 */
export class WriteBudget {
  private left: number;
  private at: number;

  /** @param bytesPerSecond null for no limit @param now milliseconds of any clock that does not go back */
  constructor(
    private readonly bytesPerSecond: number | null,
    now: number,
  ) {
    this.left = (bytesPerSecond ?? 0) * BURST_SECONDS;
    this.at = now;
  }

  /** How long to wait before anything is written, in milliseconds. */
  wait(now: number): number {
    if (this.bytesPerSecond === null) return 0;
    this.refill(now);
    return this.left >= 0 ? 0 : (-this.left / this.bytesPerSecond) * 1000;
  }

  /** Notes what was written. */
  spend(bytes: number, now: number): void {
    this.refill(now);
    this.left -= bytes;
  }

  private refill(now: number): void {
    const rate = this.bytesPerSecond ?? 0;
    this.left = Math.min(this.left + ((now - this.at) / 1000) * rate, rate * BURST_SECONDS);
    this.at = now;
  }
}
