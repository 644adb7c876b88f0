import { messageOf } from '../../errors/financeDbError.ts';

/** What goes on around a body. */
export interface StreamOptions {
  /** How long a visitor may leave what is there unread before they are given up. */
  readonly drainMs: number;
  /** Called once, whatever happens. */
  readonly done: () => void;
  /** Ends the connection: an answer that is cut off must not look whole. */
  readonly cut: (why: string) => void;
}

/**
 * A body that is made as fast as it is read. The first piece is made before the answer begins, so that what fails at once
 * still gets a status of its own; what fails later cuts the answer off.
 */
export async function streamBody(
  pieces: AsyncGenerator<string>,
  { drainMs, done, cut }: StreamOptions,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    done();
  };
  const giveUp = async (): Promise<void> => {
    // Only then nothing runs any more on what is let go of.
    await pieces.return(undefined).catch(() => undefined);
    finish();
  };
  let next: IteratorResult<string>;
  try {
    next = await pieces.next();
  } catch (error) {
    finish();
    throw error;
  }
  return new ReadableStream<Uint8Array>(
    {
      start() {
        timer = setTimeout(() => {
          cut('nobody reads this answer');
          void giveUp();
        }, drainMs);
      },
      async pull(controller) {
        try {
          if (next.done === true) {
            finish();
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(next.value));
          timer?.refresh();
          next = await pieces.next();
        } catch (error) {
          finish();
          cut(messageOf(error));
        }
      },
      cancel: giveUp,
    },
    { highWaterMark: 1 },
  );
}
