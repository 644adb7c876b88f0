import { test } from '@jest/globals';

/** Whether the shared server is of major version `major` or later. */
export function isFrom(major: number): boolean {
  return serverVersion() >= major * 10_000;
}

/** The version of the shared server as PostgreSQL numbers it: 180004. */
function serverVersion(): number {
  const text = process.env.FINANCE_DB_TEST_SERVER_VERSION;
  if (!text) throw new Error('the tests need test/support/globalSetup.ts');
  return Number(text);
}

/** `test` for servers from major version `major` on, and a skipped test, which is counted, for earlier ones. */
export function fromServer(major: number): typeof test | typeof test.skip {
  return isFrom(major) ? test : test.skip;
}
