/** How long to wait for a store that says nothing. */
export interface Patience {
  /** Aborted when nothing came for too long. */
  readonly signal: AbortSignal;
  /** Something came, or was taken: the wait begins anew. */
  renew(): void;
  end(): void;
}

/** @param milliseconds between two signs of life */
export function startPatience(milliseconds: number): Patience {
  const controller = new AbortController();
  const seconds = Math.round(milliseconds / 100) / 10;
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${seconds} s`)), milliseconds);
  let ended = false;
  return {
    signal: controller.signal,
    // A timer that was cleared would begin again.
    renew: () => void (ended || timer.refresh()),
    end: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}
