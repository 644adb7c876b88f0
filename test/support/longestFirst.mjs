import fs from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

/**
 * What takes longest, in that order, by jest's own figures of a whole run. A new clone has no times of its own, and a long
 * file that comes last keeps one worker busy while the others have nothing left to do.
 */
const LONGEST = [
  'browser/accessible',
  'pg/crash',
  'pg/lake',
  'pg/followFaults',
  'pg/follow',
  'pg/tables',
  'pg/packs',
  'browser/dashboard',
  'pg/validateDamage',
  'pg/summaries',
  'pg/validateLag',
  'pg/validateTypes',
  'pg/types',
  'browser/live',
  'pg/followProof',
  'web/rememberedTransfers',
  'unit/learnCategories',
  'pg/fileFaults',
  'pg/concurrency',
  'web/drillDown',
  'pg/followStandby',
  'web/fresh',
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
