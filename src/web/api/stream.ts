import { messageOf } from '../../errors/financeDbError.ts';

/**
 * A body that is made as fast as it is read. The first piece is made before the answer begins, so that what fails at once
 * still gets a status of its own; what fails later cuts the answer off.
 * @param drainMs how long a visitor may leave what is there unread before they are given up
 * @param done called once, whatever happens
 */
export async function streamBody(
  pieces: AsyncGenerator<string>,
  drainMs: number,
  done: () => void,
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
    finish();
    await pieces.return(undefined).catch(() => undefined);
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
      start(controller) {
        timer = setTimeout(() => {
          controller.error(new Error('nobody reads this answer'));
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
          controller.error(new Error(messageOf(error)));
        }
      },
      cancel: giveUp,
    },
    { highWaterMark: 1 },
  );
}
