import { expect, test } from '@jest/globals';
import type { Status } from '../../src/app/status.ts';
import { renderStatus } from '../../src/render/statusReport.ts';

const NOW = new Date('2026-07-01T00:00:00Z');

function statusOf(postgres: Partial<Status['postgres']>): Status {
  return {
    postgres: {
      ...{ reachable: true, kind: 'postgres', place: 'db:5432', database: 'bank', version: '18.1' },
      ...{ summaries: false, scan: null, problem: null },
      ...postgres,
    },
    duckdb: {
      ...{ path: '/f.duckdb', exists: false, bytes: 0, sample: false, sampleTables: [], checkedAt: null },
      ...{ source: null, otherSource: false, problem: null },
    },
    ...{ tables: [], lastValidation: null, lock: null, follow: null, slots: [], diskFree: null },
  };
}

const logOf = (postgres: Partial<Status['postgres']>): string | undefined =>
  renderStatus(statusOf(postgres), NOW, { width: Number.POSITIVE_INFINITY, color: false })
    .split('\n')
    .find((line) => line.startsWith('Log '));

test('whether the log of a server could be summarized, what that would spare, and what to set', () => {
  const scan = { bytes: 4_100_000, parts: 3, needed: { rows: 2, bytes: 32_768 }, restart: false };
  expect(logOf({ scan })).toMatch(
    /4\.1 MB in 3 parts; the last sync found 2 changed rows, in at most 32\.8 kB of them; .*: ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf\(\);$/,
  );
  expect(logOf({ scan: { ...scan, bytes: null, parts: 1, needed: null } })).toMatch(
    /may have changed, 1 part; to spare/,
  );
  // summarize_wal alone would keep such a server from starting again.
  expect(logOf({ scan: { ...scan, restart: true } })).toMatch(
    /SET wal_level = replica; .*summarize_wal = on; .*restart/,
  );
  expect(logOf({ version: '16.4', summaries: null })).toMatch(/from version 17 on/);
  expect(logOf({ summaries: true })).toBeUndefined();
  expect(logOf({ reachable: false, summaries: null, problem: 'down' })).toBeUndefined();
});
