import type { Config } from '../../config/config.ts';
import { forgetSlot, readSlots } from '../../duckdb/slotRecord.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { dropSlot, readSlot } from '../../postgres/replication/keptSlot.ts';
import { withPostgres } from '../../postgres/server.ts';
import { readPosition } from '../../postgres/snapshot.ts';

/**
 * Drops a slot that a follower of this file made, and forgets it. Nothing else is ever dropped.
 * @returns whether it was there
 * @throws FinanceDbError PG_NO_SLOT when it is not ours, or in another database; PG_LOCKED while it is streamed from
 */
export async function dropRecordedSlot(config: Config, name: string, now: Date, signal: AbortSignal): Promise<boolean> {
  const record = readSlots(config.duckdbPath).find((known) => known.name === name);
  if (record === undefined)
    throw new FinanceDbError('PG_NO_SLOT', `no follower of ${config.duckdbPath} made a slot ${name}`, {
      remedy: `whose it is its owner knows; a superuser drops it by: SELECT pg_drop_replication_slot('${name}')`,
    });
  const context = { target: config.postgres, now, signal, lockWaitMs: config.lockWaitMs, toFollow: true };
  return withPostgres(context, async (server) => {
    const session = await server.connect();
    const { identity } = await readPosition(session);
    if (identity.systemIdentifier !== record.systemIdentifier || identity.databaseOid !== record.databaseOid)
      throw new FinanceDbError('PG_NO_SLOT', `the slot ${name} was made in another database than ${session.where}`, {
        remedy: 'give the address of that database',
      });
    const found = await readSlot(session, name);
    // One of another kind under this name was made by somebody else after ours was gone.
    const ours = found?.fits === true;
    if (ours && found.activePid !== null)
      throw new FinanceDbError('PG_LOCKED', `process ${found.activePid} streams from the slot ${name}`, {
        remedy: 'end the follower first',
      });
    if (ours) await dropSlot(session, name);
    forgetSlot(config.duckdbPath, name);
    return ours;
  });
}
