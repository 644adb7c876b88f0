import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { FollowEvent, Standing } from '../../src/app/follow/followRequest.ts';
import { FollowTeller } from '../../src/cli/commands/followTeller.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { standingText } from '../../src/render/followReport.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const standing = (values: Partial<Standing> = {}): Standing => ({
  ...{ state: 'streaming', why: null, position: '0/10', received: '0/10', lagSeconds: 0, publishedAt: null },
  ...{ lookedAt: null, asOf: null, commits: 3, rows: 0, slot: 's', scanned: [], scannedAt: null },
  ...values,
});
const published = (commits: number): FollowEvent => ({
  kind: 'published',
  publish: { commits, upserted: 10n, deleted: 1n, lagSeconds: 0.4, seconds: 0.1, bytes: 1_500_000, position: '0/20' },
});

/** A teller whose clock stands where it is told to. */
function makeTeller(options: { json?: boolean; quiet?: boolean; draws?: boolean; stdoutIsTerminal?: boolean }) {
  const { json = false, quiet = false, draws = false, stdoutIsTerminal = false } = options;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said: string[] = [];
  const clock = { at: 0 };
  const context = {
    io: { stdout: Object.assign(stdout, { isTTY: stdoutIsTerminal }), stderr, now: () => NOW },
    output: { json, quiet, verbose: false, color: false, ascii: false, dumb: false },
    env: {},
  } as unknown as CommandContext;
  const progress = { draws, load: () => undefined, say: (text: string) => said.push(text), stop: () => undefined };
  const teller = new FollowTeller(context, progress, false, () => clock.at);
  const text = (stream: PassThrough): string[] =>
    String(stream.read() ?? '')
      .split('\n')
      .filter((line) => line !== '');
  return { teller, clock, said, lines: () => text(stdout), errors: () => text(stderr) };
}

test('without a terminal one line with the time tells of all publishes of a minute', () => {
  const { teller, clock, lines, errors, said } = makeTeller({});
  teller.take(published(1));
  expect(lines()).toEqual([
    '2026-11-26T12:00:00.000Z 1 commit published: 10 rows put, 1 deleted; at most 0.40 s behind; 1.5 MB',
  ]);
  for (const at of [500, 30_000, 59_999]) {
    clock.at = at;
    teller.take(published(2));
    teller.take({ kind: 'standing', standing: standing() });
  }
  expect(lines()).toEqual([]);
  // Nothing was published since, and yet what is owed is told when the minute is over.
  clock.at = 60_600;
  teller.take({ kind: 'standing', standing: standing() });
  expect(lines()).toEqual([expect.stringContaining(' 6 commits published: 30 rows put, 3 deleted;')]);
  clock.at = 200_000;
  teller.take({ kind: 'standing', standing: standing() });
  expect([lines(), said]).toEqual([[], []]);
  teller.take(published(1));
  teller.take(published(4));
  expect(lines()).toHaveLength(1);
  teller.end();
  expect(lines()).toEqual([expect.stringContaining(' 4 commits published')]);
  teller.take({ kind: 'restart', reason: 'the connection was lost', waitMs: 500 });
  expect(errors()).toEqual([
    '2026-11-26T12:00:00.000Z the stream is begun anew with a scan, in 0.50 s: the connection was lost',
  ]);
});

test.each([
  [{ draws: true, stdoutIsTerminal: true }, true, 0],
  // The lines go into a file, the one that stays on the terminal.
  [{ draws: true }, true, 1],
  // A terminal that reports no width, or knows no cursor: lines.
  [{ stdoutIsTerminal: true }, false, 1],
  [{ json: true, draws: true, stdoutIsTerminal: true }, false, 1],
  [{ quiet: true }, false, 0],
] as const)('%j: a line that stays: %s, lines: %i', (options, stays, count) => {
  const { teller, said, lines } = makeTeller(options);
  teller.take({ kind: 'standing', standing: standing() });
  teller.take(published(1));
  expect([said.length > 0, lines().length]).toEqual([stays, count]);
});

test.each([
  [{}, 0, 'following  up to date  3 commits'],
  [{ commits: 1, lagSeconds: 1.234 }, 0, 'following  1.23 s behind  1 commit'],
  [{ publishedAt: NOW }, 120.4, 'following  up to date  3 commits  120 rows/s  published 0 s ago'],
  [{ publishedAt: new Date(NOW.getTime() - 9400) }, 0, 'following  up to date  3 commits  published 9 s ago'],
  [{ publishedAt: new Date(NOW.getTime() - 3_600_000) }, 0, 'following  up to date  3 commits  published 60 min ago'],
  [{ state: 'scanning' }, 0, 'comparing both sides'],
  [{ state: 'waiting', why: 'no space left' }, 0, 'waiting: no space left'],
] as const)('the line that stays of %j: %i rows a second: %s', (values, rate, line) => {
  expect(standingText(standing(values), rate, NOW)).toBe(line);
});
