import { setTimeout as sleep } from 'node:timers/promises';
import { lookThrough } from '../../app/dashboard/knownRows.ts';
import { parseTransactionsInput, readTransactions } from '../../app/dashboard/transactions.ts';
import { parseStatsFlags } from '../../app/stats/statsFlags.ts';
import type { ServeOptions } from './serveOptions.ts';
import type { Lease, Snapshots } from './snapshots.ts';

/** Where files follow each other closely, most are gone before anybody searches in them. */
const SETTLED_MS = 2000;

/**
 * Looks up in a file that has just come what every page needs (columns, days, categories, transfers) and what the list of
 * transactions adds up to, so that nobody waits for it; and, when it has stayed for a while, what finds rows by their words
 * and ids. What is wrong with the file the first visitor is told.
 */
export async function warmUp(
  snapshots: Snapshots,
  { config, now, warm }: Pick<ServeOptions, 'config' | 'now' | 'warm'>,
  stopping: AbortSignal,
): Promise<void> {
  if (warm === false) return;
  const input = parseStatsFlags({ config, io: { now } }, {});
  const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
  // Between the two no turn is kept from visitors.
  const on = async (work: (lease: Lease) => Promise<unknown>): Promise<string> => {
    const lease = await snapshots.lease(stopping);
    try {
      await work(lease);
      return lease.snapshot.id;
    } finally {
      lease.release();
    }
  };
  try {
    const id = await on(({ reader }) =>
      readTransactions(reader, input, parseTransactionsInput(new URLSearchParams()), setting),
    );
    await sleep(SETTLED_MS, undefined, { signal: stopping });
    if (snapshots.currentId() !== id) return;
    await on(async ({ reader, connect }) => lookThrough(reader, await connect(), input));
  } catch {
    // Nothing was promised.
  }
}
