import fs from 'node:fs';
import path from 'node:path';

/**
 * Real data that is not ours to ship lies beside the checkout on some machines, or where FINANCE_DB_TEST_SHARED says. Gives the
 * folder when it has all of `needed` (paths inside it), and undefined otherwise; throws when the variable leads nowhere, since who
 * sets it wants these tests to run.
 */
export function sharedData(...needed: readonly string[]): string | undefined {
  const named = process.env.FINANCE_DB_TEST_SHARED;
  if (named && !fs.existsSync(named)) throw new Error(`FINANCE_DB_TEST_SHARED: there is no ${named}`);
  const folders = named ? [named] : ['../shared/data', '../../shared/data'];
  return folders
    .map((folder) => path.resolve(folder))
    .find((folder) => needed.every((file) => fs.existsSync(path.join(folder, file))));
}
