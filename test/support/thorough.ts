/**
 * Whether what is tried with many cases is tried with all of them: with FINANCE_DB_TEST_THOROUGH=1, as .ci/run does. `npm test`
 * takes fewer of the same cases, so that it takes minutes; each kind is among them.
 */
const THOROUGH = process.env.FINANCE_DB_TEST_THOROUGH === '1';

/** `all` where tests are to be thorough, else `some`: numbers of rounds or of rows, lists of cases. */
export function thorough<T>(some: T, all: T): T {
  return THOROUGH ? all : some;
}
