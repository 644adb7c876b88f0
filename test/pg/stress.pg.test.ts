import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { stress } from '../support/stress.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());

test('random writers beside repeated syncs: both sides are equal row by row in each snapshot', async () => {
  const { address } = source.database;
  const result = await stress({
    address,
    folder: source.folder,
    seed: 1,
    seconds: 6,
    leastSyncs: 10,
    sessions: 4,
    rows: 1500,
  });
  expect(result.syncs).toBeGreaterThan(9);
  expect(result.rowsCompared).toBeGreaterThan(1000);
});
