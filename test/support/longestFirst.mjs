import fs from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

/**
 * What takes longest, in that order, by jest's own figures of a whole run. A new clone has no times of its own, and a long
 * file that comes last keeps one worker busy while the others have nothing left to do.
 */
const LONGEST = [
  'browser/accessible',
  'pg/followFaults',
  'pg/follow',
  'pg/lake',
  'browser/dashboard',
  'pg/tables',
  'pg/summaries',
  'pg/validateLag',
  'pg/crash',
  'pg/packs',
  'pg/validateTypes',
  'pg/followProof',
  'pg/validateDamage',
  'browser/live',
  'pg/types',
  'pg/fileFaults',
  'web/rememberedTransfers',
  'pg/concurrency',
  'web/drillDown',
  'pg/followStandby',
  'web/fresh',
  'duckdb/stats',
  'duckdb/lakeCrash',
  'duckdb/statsMatrix',
  'duckdb/statsForecast',
  'pg/embedded',
  'pg/manyTables',
  'pg/partitions',
];

/** The longest files first, then the others by their size. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONGEST.findIndex((name) => path.includes(`/test/${name}.`));
      return place < 0 ? LONGEST.length : place;
    };
    const size = new Map(tests.map((test) => [test, fs.statSync(test.path).size]));
    return [...tests].sort((a, b) => rank(a) - rank(b) || size.get(b) - size.get(a));
  }
}
