import { FinanceDbError } from '../../errors/financeDbError.ts';
import { throwIfStopped } from '../../errors/stopped.ts';

export interface TurnLimits {
  /** Four at once would take all threads that Node has for files, and everything else would wait for seconds. */
  readonly atOnce: number;
  /** How many may wait. */
  readonly waiting: number;
  /** For how long. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly begin: () => void;
}

/** Lets so many work at once and so many wait; more are sent away at once, so that what was begun gets done. */
export class Turns {
  private readonly limits: TurnLimits;
  private working = 0;
  private readonly queue: Waiting[] = [];

  constructor(limits: TurnLimits) {
    this.limits = limits;
  }

  /** How many work now, and how many wait. */
  load(): { readonly working: number; readonly waiting: number } {
    return { working: this.working, waiting: this.queue.length };
  }

  /**
   * Waits for a turn.
   * @returns what ends it; calling it twice does no harm
   * @throws FinanceDbError WEB_BUSY, or the reason of the signal
   */
  async take(signal: AbortSignal): Promise<() => void> {
    throwIfStopped(signal);
    if (this.working < this.limits.atOnce) this.working++;
    else await this.wait(signal);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const next = this.queue.shift();
      if (next === undefined) this.working--;
      else next.begin();
    };
  }

  private wait(signal: AbortSignal): Promise<void> {
    if (this.queue.length >= this.limits.waiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stopped);
        const place = this.queue.indexOf(waiting);
        if (place !== -1) this.queue.splice(place, 1);
      };
      const waiting: Waiting = {
        begin() {
          leave();
          resolve();
        },
      };
      const stopped = (): void => {
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(busy());
      }, this.limits.patienceMs);
      signal.addEventListener('abort', stopped);
      this.queue.push(waiting);
    });
  }
}

function busy(): FinanceDbError {
  return new FinanceDbError('WEB_BUSY', 'too many questions at once');
}
