import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publishSampleFile } from '../../src/app/sync/sampleFile.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';

// Dates and times as `query` prints them, beside DuckDB's own text of the same values.
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  await publishSampleFile({
    ...{ duckdbPath: `${folder.path}/finance.duckdb`, baseCurrency: 'USD', fileMode: 0o600 },
    ...{ now: () => new Date(0), signal: new AbortController().signal },
  });
});
afterAll(() => folder.remove());

async function query(sql: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const result = await runCli(['query', sql, '--format', 'jsonl'], { env: { FINANCE_DB_HOME: folder.path, ...env } });
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout.split('\n')[0] ?? '') as Record<string, unknown>;
}

describe('a year prints the same way, whichever it is and however deep it lies', () => {
  test.each([
    '0044-03-15 (BC)',
    '0001-12-31 (BC)',
    '0001-01-01',
    '1600-02-29',
    '2024-02-29',
    '2300-01-01',
    '9999-12-31',
    '10000-01-01',
    '290000-12-31',
    '290309-12-22 (BC)',
    'infinity',
    '-infinity',
  ])('%s', async (day) => {
    const row = await query(
      `SELECT d, d::VARCHAR AS dv, [d] AS dl, {'in': d} AS ds, t::VARCHAR AS tv, t::VARCHAR AS t2, [t] AS tl, t FROM (SELECT DATE '${day}' AS d, CAST(DATE '${day}' AS TIMESTAMP) AS t)`,
    );
    const written = String(row['dv']);
    expect(written).toBe(day);
    expect(row).toMatchObject({ d: written, dl: [written], ds: { in: written } });
    const moment = String(row['tv']).replace(/^(\d{4,}-\d\d-\d\d) (?=\d)/, '$1T');
    expect(row).toMatchObject({ t: moment, tl: [moment] });
  });
});

describe('the zone of TIMESTAMPTZ', () => {
  const SQL =
    "SELECT z, [z] AS l, z::VARCHAR AS v, z::DATE AS d FROM (SELECT TIMESTAMPTZ '2023-12-31 23:30:00+00' AS z)";

  test('is UTC, whatever the machine says', async () => {
    expect(await query(SQL, { TZ: 'Asia/Tokyo' })).toMatchObject({
      ...{ z: '2023-12-31T23:30:00+00:00', l: ['2023-12-31T23:30:00+00:00'] },
      ...{ v: '2023-12-31 23:30:00+00', d: '2023-12-31' },
    });
  });

  test('or the one that is set, in SQL too', async () => {
    expect(await query(SQL, { FINANCE_DB_TIMEZONE: 'Asia/Kolkata' })).toMatchObject({
      ...{ z: '2024-01-01T05:00:00+05:30', l: ['2024-01-01T05:00:00+05:30'] },
      ...{ v: '2024-01-01 05:00:00+05:30', d: '2024-01-01' },
    });
  });

  test('agrees with DuckDB on when clocks change', async () => {
    const env = { FINANCE_DB_TIMEZONE: 'Europe/Berlin' };
    for (const instant of [
      '1900-06-01 00:00',
      '1945-06-01 00:00',
      '2024-03-31 00:59',
      '2024-03-31 01:00',
      '2024-10-27 00:59',
      '2024-10-27 01:00',
      '2500-07-01 00:00',
    ]) {
      const row = await query(`SELECT z, z::VARCHAR AS v FROM (SELECT TIMESTAMPTZ '${instant}:00+00' AS z)`, env);
      expect(String(row['z']).replace('T', ' ').replace(/:00$/, '')).toBe(row['v']);
    }
  });

  test('that does not exist is refused', async () => {
    const result = await runCli(['query', 'SELECT 1'], {
      env: { FINANCE_DB_HOME: folder.path, FINANCE_DB_TIMEZONE: 'Mars' },
    });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('FINANCE_DB_TIMEZONE') });
  });
});

test('reports count in the zone that is set, and say which it is', async () => {
  const place = temporaryFolder();
  try {
    const rows = simpleRows([
      { day: '2024-01-10 00:00:00', amount: '-5.00' },
      { day: '2024-01-31 23:30:00', amount: '-7.00' },
    ]);
    const duckdb = await statsFile(place.path, rows, [
      'ALTER TABLE transactions ALTER "timestamp" TYPE TIMESTAMPTZ USING ("timestamp" || \'+00\')::TIMESTAMPTZ',
    ]);
    const months = async (env: Record<string, string>): Promise<string> => {
      const argv = ['stats', 'cashflow', '--duckdb', duckdb, '--from', '2024-01-01', '--to', '2024-12-31'];
      return (await runCli(argv, { env: { FINANCE_DB_HOME: place.path, FINANCE_DB_TODAY: '2024-12-31', ...env } }))
        .stdout;
    };
    const [utc, kolkata] = [await months({}), await months({ FINANCE_DB_TIMEZONE: 'Asia/Kolkata' })];
    expect(utc).toContain('Days and times of UTC');
    expect(utc).toMatch(/2024-01 .*-12\.00/);
    expect(kolkata).toContain('Days and times of Asia/Kolkata');
    expect(kolkata).toMatch(/2024-02 .*-7\.00/);
  } finally {
    place.remove();
  }
});
