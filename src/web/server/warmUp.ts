import { parseTransactionsInput, readTransactions } from '../../app/dashboard/transactions.ts';
import { parseStatsFlags } from '../../app/stats/statsFlags.ts';
import type { ServeOptions } from './serveOptions.ts';
import type { Snapshots } from './snapshots.ts';

/**
 * Looks up in a file that has just come what every page needs (columns, days, categories, transfers) and what the list of
 * transactions adds up to, so that nobody waits for it. What is wrong with the file the first visitor is told.
 */
export async function warmUp(
  snapshots: Snapshots,
  { config, now, warm }: Pick<ServeOptions, 'config' | 'now' | 'warm'>,
  stopping: AbortSignal,
): Promise<void> {
  if (warm === false) return;
  try {
    const lease = await snapshots.lease(stopping);
    try {
      const input = parseStatsFlags({ config, io: { now } }, {});
      const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
      await readTransactions(lease.reader, input, parseTransactionsInput(new URLSearchParams()), setting);
    } finally {
      lease.release();
    }
  } catch {
    // Nothing was promised.
  }
}
