import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  blockTargets,
  type CronJob,
  crontabBlock,
  crontabEntry,
  shellWord,
  withBlock,
  withoutBlock,
} from '../../src/model/crontab.ts';
import { parseInterval } from '../../src/model/interval.ts';
import { serviceUnit, timerUnit } from '../../src/model/systemdUnits.ts';

const JOB: CronJob = {
  target: '/home/me/data/finance.duckdb',
  schedule: '*/5 * * * *',
  environment: { FINANCE_DB_TABLES: 'transactions,bank.payments' },
  command: ['/usr/bin/node', '/opt/finance-db.js', 'sync', '--home', '/home/me/data'],
  before: null,
  log: '/home/me/data/sync.log',
};

describe('intervals', () => {
  test.each([
    ['1m', '* * * * *', '*:*'],
    ['5m', '*/5 * * * *', '*:0/5'],
    [' 30 min ', '*/30 * * * *', '*:0/30'],
    ['60m', '0 * * * *', '*:00'],
    ['1h', '0 * * * *', '*:00'],
    ['6 hours', '0 */6 * * *', '0/6:00'],
    ['24h', '0 4 * * *', '04:00'],
    ['1d', '0 4 * * *', '04:00'],
    ['1w', '0 4 * * 1', 'Mon 04:00'],
    ['7d', '0 4 * * 1', 'Mon 04:00'],
  ])('%s', (text, cron, calendar) => {
    expect(parseInterval(text)).toMatchObject({ cron, calendar });
  });

  // cron's */7 would run at 56 and again at 0: four minutes, not seven.
  test.each(['7m', '45m', '90m', '5h', '2d', '0m', '5', '-5m', '1.5h', '5s', '', 'often', '5mo'])('not %s', (text) => {
    expect(() => parseInterval(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the entry', () => {
  test('is one line with a log', () => {
    expect(crontabEntry(JOB)).toBe(
      '*/5 * * * * FINANCE_DB_TABLES=transactions,bank.payments /usr/bin/node /opt/finance-db.js sync --home /home/me/data >> /home/me/data/sync.log 2>&1',
    );
  });

  test('escapes what cron and the shell would read', () => {
    const entry = crontabEntry({ ...JOB, log: "/home/me/it's 100%.log" });
    expect(entry).toContain(`>> '/home/me/it'"'"'s 100\\%.log' 2>&1`);
  });

  test.each(['/a\nb', '/a\\b', '/a\rb'])('refuses a path that cron cannot take: %j', (log) => {
    expect(() => crontabEntry({ ...JOB, log })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });

  test('refuses to be longer than cron reads', () => {
    expect(() => crontabEntry({ ...JOB, log: `/${'x'.repeat(1000)}` })).toThrow(/bytes long/);
  });

  test('words come out of a shell as they went in', () => {
    const word = fc.string().filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
        const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(stdout.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the block in a crontab', () => {
  const other = { ...JOB, target: '/home/me/other.duckdb' };

  test('comes at the end, and again in its old place', () => {
    const installed = withBlock('MAILTO=me\n0 5 * * * backup\n', JOB);
    expect(installed).toBe(`MAILTO=me\n0 5 * * * backup\n${crontabBlock(JOB)}`);
    const hourly = withBlock(`${installed}# mine\n`, { ...JOB, schedule: '0 * * * *' });
    expect(hourly).toBe(`MAILTO=me\n0 5 * * * backup\n${crontabBlock({ ...JOB, schedule: '0 * * * *' })}# mine\n`);
  });

  test('two files have two blocks', () => {
    const both = withBlock(withBlock('', JOB), other);
    expect(blockTargets(both)).toEqual([JOB.target, other.target]);
    expect(withoutBlock(both, JOB.target)).toBe(crontabBlock(other));
  });

  test('goes and leaves every other byte as it was, whatever the crontab holds', () => {
    const line = fc.oneof(fc.constantFrom('', '# comment', '* * * * * a % b', '\t', '# begin', 'é\r'), fc.string());
    const crontab = fc
      .array(line.filter((text) => !text.includes('\n')))
      .map((lines) => lines.map((l) => `${l}\n`).join(''));
    fc.assert(
      fc.property(crontab, (before) => {
        const installed = withBlock(before, JOB);
        expect(withBlock(installed, JOB)).toBe(installed);
        expect(withoutBlock(installed, JOB.target)).toBe(before);
        expect(withoutBlock(before, JOB.target)).toBe(before);
      }),
    );
  });

  test('gives a last line without newline the one that cron asks for', () => {
    expect(withBlock('@daily x', JOB)).toBe(`@daily x\n${crontabBlock(JOB)}`);
  });

  test('is not guessed at when somebody deleted one of its marks', () => {
    const [begin = '', entry = '', end = ''] = crontabBlock(JOB).split('\n');
    for (const broken of [
      [begin, entry],
      [entry, end],
      [begin, begin, entry, end],
      [end, begin],
    ])
      expect(() => withoutBlock(`a\n${broken.join('\n')}\nb\n`, JOB.target)).toThrow(/begin without an end/);
  });
});

describe('systemd units', () => {
  test('quote for systemd', () => {
    const unit = serviceUnit({ ...JOB, environment: { A: '1 "2"' }, command: ['/usr/bin/node', '/a b/$c/100%'] });
    expect(unit).toContain('ExecStart=/usr/bin/node "/a b/$$c/100%%"');
    expect(unit).toContain('Environment="A=1 \\"2\\""');
  });

  const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  (analyze ? test : test.skip)('name moments that systemd knows', () => {
    for (const every of ['1m', '2m', '5m', '30m', '1h', '6h', '12h', '1d', '1w']) {
      const calendar = /OnCalendar=(.*)/.exec(timerUnit(JOB, parseInterval(every)))?.[1] ?? '';
      expect(spawnSync('systemd-analyze', ['calendar', calendar]).status).toBe(0);
    }
  });
});
