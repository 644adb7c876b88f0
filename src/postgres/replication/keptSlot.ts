import { quoteLiteral } from '../../model/identifier.ts';
import { parseLsn } from '../../model/watermark.ts';
import { askPinned } from '../pinned.ts';
import type { PgSession } from '../session.ts';
import { LOG_POSITION } from '../snapshot.ts';

/** A slot as the server tells of it. */
export interface ServerSlot {
  readonly name: string;
  /** Whether it tells the changes of the session's database by pgoutput, and stays. */
  readonly fits: boolean;
  /** The process that streams from it. */
  readonly activePid: number | null;
  /** The log that it needs is gone: nothing can be streamed from it any more. */
  readonly lost: boolean;
  /** What was committed before it is not sent any more. */
  readonly confirmed: bigint;
  /** Bytes of the log that the server keeps for it. */
  readonly heldBytes: number | null;
  /** Bytes of the log that were not confirmed. */
  readonly lagBytes: number | null;
  /** Whether max_slot_wal_keep_size limits what it may hold. */
  readonly limited: boolean;
}

/** @returns null when there is no slot of that name */
export async function readSlot(session: PgSession, name: string): Promise<ServerSlot | null> {
  const [row] = await askPinned<Record<string, string | null>>(
    session,
    `SELECT plugin = 'pgoutput' AND database = current_database() AND NOT temporary AS fits, active_pid::text AS pid, wal_status = 'lost' AS lost,
       confirmed_flush_lsn::text AS confirmed, pg_catalog.pg_wal_lsn_diff((${LOG_POSITION})::pg_lsn, restart_lsn)::text AS held,
       pg_catalog.pg_wal_lsn_diff((${LOG_POSITION})::pg_lsn, confirmed_flush_lsn)::text AS lag, current_setting('max_slot_wal_keep_size') <> '-1' AS limited
     FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteLiteral(name)}`,
  );
  if (row === undefined) return null;
  const bytes = (text: string | null | undefined): number | null => (text == null ? null : Math.max(0, Number(text)));
  return {
    name,
    fits: row['fits'] === 't',
    activePid: row['pid'] == null ? null : Number(row['pid']),
    lost: row['lost'] === 't',
    confirmed: parseLsn(row['confirmed'] ?? '0/0'),
    ...{ heldBytes: bytes(row['held']), lagBytes: bytes(row['lag']), limited: row['limited'] === 't' },
  };
}

/** Who streams from a slot, in words. @param pid a process of the server */
export async function streamerOf(session: PgSession, pid: number): Promise<string> {
  const [row] = await askPinned<Record<string, string | null>>(
    session,
    `SELECT usename AS role, nullif(application_name, '') AS program, host(client_addr) AS host FROM pg_catalog.pg_stat_activity WHERE pid = ${pid}`,
  );
  const { program, role, host } = row ?? {};
  const known = [program, role == null ? null : `role ${role}`, host == null ? null : `from ${host}`];
  const words = known.filter((word) => word != null).join(', ');
  return `process ${pid} of ${session.where}${words === '' ? '' : ` (${words})`}`;
}

/** Drops a slot. @throws FinanceDbError PG_QUERY when it is being streamed from */
export async function dropSlot(session: PgSession, name: string): Promise<void> {
  await session.query(`SELECT pg_catalog.pg_drop_replication_slot(${quoteLiteral(name)})`);
}
