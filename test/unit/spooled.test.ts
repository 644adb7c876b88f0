import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { spooled } from '../../src/app/import/spooled.ts';
import { processTag } from '../../src/files/processTag.ts';

const never = new AbortController().signal;

/** What is left of this process's spools in the temporary folder; others may run beside it. */
function folders(): string[] {
  return fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`finance-db-import-${processTag()}`));
}

async function contentOf(stream: () => Readable, signal = never): Promise<string> {
  for await (const file of spooled('x', stream, signal)) return fs.readFileSync(file.path, 'utf8');
  throw new Error('nothing was spooled');
}

describe('spooled', () => {
  afterEach(() => expect(folders()).toEqual([]));

  test('the bytes of a stream, in a file that is gone afterwards', async () => {
    const stream = (): Readable => new PassThrough().end('some bytes');
    let file = '';
    for await (const spool of spooled('x', stream, never)) {
      file = spool.path;
      expect([fs.readFileSync(file, 'utf8'), spool.bytes]).toEqual(['some bytes', 10]);
    }
    expect(fs.existsSync(path.dirname(file))).toBe(false);
  });

  // A stream that nobody listens to when it fails ends the process; zlib fails whenever its thread is done.
  test.each([
    ['at once', (fail: () => void) => process.nextTick(fail)],
    ['in the next turn', (fail: () => void) => setImmediate(fail)],
    ['twice', (fail: () => void) => [setImmediate(fail), setTimeout(fail, 5)]],
  ])('a stream that fails %s: its error, and nothing left', async (_when, later) => {
    const stream = (): Readable => {
      const failing = new PassThrough();
      later(() => failing.emit('error', new Error('too many bytes')));
      return failing;
    };
    await expect(contentOf(stream)).rejects.toThrow('too many bytes');
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('a stop: its reason, and nothing left', async () => {
    const stop = new AbortController();
    const stream = (): Readable => {
      setImmediate(() => stop.abort(new Error('stopped')));
      return new PassThrough();
    };
    await expect(contentOf(stream, stop.signal)).rejects.toThrow(/stopped|abort/i);
  });
});
