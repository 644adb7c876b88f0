import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

test.each([
  ['itself', 'CREATE VIEW v AS SELECT 1 AS id, random() AS x', /calls random\(\)/],
  [
    'by way of another view',
    'CREATE VIEW u AS SELECT random() AS x; CREATE VIEW v AS SELECT * FROM u',
    /calls random\(\)/,
  ],
  [
    'in a join',
    'CREATE VIEW v AS SELECT i FROM generate_series(1, 9) i WHERE clock_timestamp() > now()',
    /clock_timestamp/,
  ],
])(
  'a view over a volatile function, %s, is not called damaged, and it is said that nothing is proven',
  async (_name, sql, note) => {
    await source.session.query(sql);
    const synced = await runCli(['sync', '--validate', '--json'], { env: source.env('v') });
    expect([synced.code, synced.stderr]).toEqual([0, '']);
    for (const flags of [[], ['--quick']]) {
      const { code, stdout } = await runCli(['validate', '--json', ...flags], { env: source.env('v') });
      expect(code).toBe(0);
      expect(stdout).toMatch(note);
      expect(stdout).toContain('cannot be proven');
    }
  },
);

test('a view over functions that always give the same is proven as before', async () => {
  await source.session.query("CREATE VIEW v AS SELECT i AS id, upper('a' || i) AS x FROM generate_series(1, 9) i");
  const { code, stdout } = await runCli(['sync', '--validate', '--json'], { env: source.env('v') });
  expect(code).toBe(0);
  expect(stdout).not.toContain('cannot be proven');
});
