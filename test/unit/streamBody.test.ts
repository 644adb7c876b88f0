import { expect, test } from '@jest/globals';
import { streamBody } from '../../src/web/api/stream.ts';

/** A body without an end, and how much of it was made. */
function endless() {
  const made = { pieces: 0, over: false };
  async function* pieces(): AsyncGenerator<string> {
    try {
      for (;;) yield `${++made.pieces}\n`;
    } finally {
      made.over = true;
    }
  }
  return { made, pieces: pieces() };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('a body is made as fast as it is read: what nobody has read yet takes no memory', async () => {
  const { made, pieces } = endless();
  let done = 0;
  const body = await streamBody(pieces, { drainMs: 60_000, done: () => done++, cut: () => undefined });
  await turns();
  expect(made.pieces).toBeLessThanOrEqual(3);
  const reader = body.getReader();
  for (let read = 0; read < 100; read++) await reader.read();
  await turns();
  expect(made.pieces).toBeLessThanOrEqual(103);
  expect({ done, over: made.over }).toEqual({ done: 0, over: false });
  // The client goes: nothing more is made, and what it held is let go of once.
  await reader.cancel();
  expect({ done, over: made.over }).toEqual({ done: 1, over: true });
});

test('what fails later cuts the answer off, so that it does not look whole', async () => {
  const cuts: string[] = [];
  let done = 0;
  async function* failing(): AsyncGenerator<string> {
    yield 'first';
    throw new Error('the disk is gone');
  }
  const body = await streamBody(failing(), { drainMs: 60_000, done: () => done++, cut: (why) => cuts.push(why) });
  expect(new TextDecoder().decode((await body.getReader().read()).value)).toBe('first');
  await turns();
  expect({ cuts, done }).toEqual({ cuts: ['the disk is gone'], done: 1 });
});
