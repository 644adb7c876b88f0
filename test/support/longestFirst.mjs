import fs from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

/**
 * What takes longest, in that order, by jest's own figures of a whole run. A new clone has no times of its own, and a long
 * file that comes last keeps one worker busy while the others have nothing left to do.
 */
const LONGEST = [
  'browser/dashboard.browser',
  'pg/crash',
  'pg/tables',
  'pg/validateDamage',
  'pg/follow',
  'pg/fileFaults',
  'pg/packs',
  'pg/validateTypes',
  'pg/types',
  'pg/followFaults',
  'unit/learnCategories',
  'pg/embedded',
  'pg/summaries',
  'pg/lake',
  'web/rememberedTransfers',
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
