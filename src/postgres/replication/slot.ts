import { randomBytes } from 'node:crypto';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { parseLsn } from '../../model/watermark.ts';
import { askPinned } from '../pinned.ts';
import type { PgServer } from '../server.ts';
import type { PgSession } from '../session.ts';
import { backendPid } from './backendPid.ts';

/** Earlier ones have no pg_current_snapshot, later ones are expected to keep all that is asked of them. */
const BROKEN_DECODING: Readonly<Record<number, string>> = { 150013: '15.13', 160009: '16.9' };

/** PostgreSQL's code of a lock that was waited for in vain. */
export const LOCK_TIMEOUT = '55P03';

/** From this version on a standby decodes its log. */
const DECODING_STANDBYS = 160_000;

/** A slot that was just made, with the snapshot of its beginning, which is good until the session is asked anything else. */
export interface NewSlot {
  readonly name: string;
  /** The stream begins here: it tells all that the snapshot does not see. */
  readonly consistentPoint: bigint;
  readonly snapshot: string;
}

/**
 * Makes sure that this server and role can stream changes.
 * @returns things worth knowing
 * @throws FinanceDbError PG_STANDBY, PG_WAL_LEVEL, PG_REPLICATION_ROLE, PG_NO_SLOT, each with what to do
 */
export async function requireReplication(
  session: PgSession,
  version: number,
  kind: PgServer['kind'],
): Promise<string[]> {
  const [row] = await askPinned<Record<string, string>>(
    session,
    `SELECT pg_catalog.pg_is_in_recovery() AS standby, current_setting('wal_level') AS level, r.rolname AS role, r.rolreplication OR r.rolsuper AS may,
       current_setting('max_replication_slots') AS slots, (SELECT count(*) FROM pg_catalog.pg_replication_slots) AS used, current_setting('max_wal_senders') AS senders, current_setting('hot_standby_feedback') AS feedback
     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
  );
  const { where } = session;
  const standby = row?.['standby'] === 't';
  if (standby && version < DECODING_STANDBYS)
    throw new FinanceDbError('PG_STANDBY', `${where} is a standby, whose log can be decoded from PostgreSQL 16 on`);
  if (row?.['level'] !== 'logical')
    throw new FinanceDbError('PG_WAL_LEVEL', `wal_level of ${where} is ${row?.['level']}, and has to be logical`, {
      remedy:
        kind === 'embedded'
          ? 'another command uses the embedded server now: run this again when it has ended'
          : "ALTER SYSTEM SET wal_level = 'logical', and restart the server; `finance-db sync` needs none of it",
    });
  if (row['may'] !== 't')
    throw new FinanceDbError('PG_REPLICATION_ROLE', `the role ${row['role']} may not stream changes (${where})`, {
      remedy: `let a superuser run: ALTER ROLE ${quoteIdentifier(row['role'] ?? '')} REPLICATION; \`finance-db sync\` needs none of it`,
    });
  if (Number(row['used']) >= Number(row['slots']) || row['senders'] === '0')
    throw new FinanceDbError(
      'PG_NO_SLOT',
      `${where} has no replication slot left: max_replication_slots is ${row['slots']}, max_wal_senders ${row['senders']}`,
    );
  const broken = BROKEN_DECODING[version];
  return [
    ...(broken === undefined
      ? []
      : [`PostgreSQL ${broken} has an error that may end streams ("invalid memory alloc"): update it`]),
    ...(standby && row['feedback'] === 'off'
      ? [`hot_standby_feedback of ${where} is off: a vacuum at its primary may end the stream; set it to on`]
      : []),
  ];
}

/**
 * A session that streams, pinned as those of a sync are: texts of values depend on it.
 * @throws FinanceDbError PG_POOLER, PG_REPLICATION_ROLE, PG_NO_SLOT and the rest of the PG_ family
 */
export async function connectReplication(server: PgServer): Promise<PgSession> {
  let session: PgSession;
  try {
    session = await server.connect({ replication: true });
  } catch (error) {
    throw explainRefusal(error);
  }
  await session.query(
    [
      'SET search_path = pg_catalog, pg_temp',
      `SET lock_timeout = ${session.lockWaitMs}`,
      'SET statement_timeout = 0',
      'SET idle_session_timeout = 0',
      "SET TimeZone = 'UTC'",
      "SET DateStyle = 'ISO, YMD'",
      "SET IntervalStyle = 'postgres'",
      'SET extra_float_digits = 1',
      "SET bytea_output = 'hex'",
      "SET client_encoding = 'UTF8'",
      "SET lc_monetary = 'C'",
    ].join('; '),
  );
  return session;
}

function explainRefusal(error: unknown): unknown {
  const message = messageOf(error);
  if (/unsupported startup parameter|unrecognized configuration parameter "replication"/i.test(message))
    return new FinanceDbError('PG_POOLER', `what answers is a pooler: ${message}`, { cause: error });
  if (isFinanceDbError(error) && error.code === 'PG_PERMISSION')
    return new FinanceDbError('PG_REPLICATION_ROLE', message, { cause: error });
  if (/max_wal_senders/.test(message)) return new FinanceDbError('PG_NO_SLOT', message, { cause: error });
  return error;
}

/** A name that tells whose it is, and that no other follower has. */
export function temporarySlotName(): string {
  return `finance_db_${process.pid}_${randomBytes(4).toString('hex')}`;
}

/**
 * Makes a slot. The server waits for transactions that write now, so that the stream tells all of those that it tells of.
 * @param temporary whether it goes with the session
 * @param atStandby another session of the same role, at a standby; null at a primary
 * @throws FinanceDbError PG_NO_SLOT, PG_WAL_LEVEL; PG_LOCKED when a transaction does not end for as long as locks are waited for
 */
export async function createSlot(
  session: PgSession,
  name: string,
  temporary: boolean,
  atStandby: PgSession | null,
): Promise<NewSlot> {
  const patience = atStandby === null ? null : await limitWait(session, atStandby);
  try {
    const [row] = await session.query<Record<string, string>>(
      `CREATE_REPLICATION_SLOT "${name}" ${temporary ? 'TEMPORARY ' : ''}LOGICAL pgoutput EXPORT_SNAPSHOT`,
    );
    return {
      name,
      consistentPoint: parseLsn(row?.['consistent_point'] ?? '0/0'),
      snapshot: row?.['snapshot_name'] ?? '',
    };
  } catch (error) {
    if (patience?.isOver() === true) throw untoldBy(session, error);
    if (/requires "?wal_level"?/.test(messageOf(error)))
      throw new FinanceDbError('PG_WAL_LEVEL', messageOf(error), {
        cause: error,
        remedy:
          "ALTER SYSTEM SET wal_level = 'logical' at the primary, and restart it; `finance-db sync` needs none of it",
      });
    if (isFinanceDbError(error) && error.code === 'PG_LOCKED')
      throw new FinanceDbError(
        'PG_LOCKED',
        `a slot waits for all transactions that write, and one does not end (${session.where})`,
        {
          cause: error,
          details: error.details,
          remedy: 'end it (pg_stat_activity, pg_prepared_xacts), or wait longer with FINANCE_DB_LOCK_WAIT (seconds)',
        },
      );
    if (codeOf((error as Error).cause) === '53400' || /all replication slots are in use/.test(messageOf(error)))
      throw new FinanceDbError('PG_NO_SLOT', messageOf(error), { cause: error });
    throw error;
  } finally {
    patience?.end();
  }
}

interface Patience {
  isOver(): boolean;
  end(): void;
}

/**
 * A slot at a standby begins with a record of the primary's that says which transactions run. A primary that does nothing writes none,
 * and that is no lock: the server would wait for ever.
 */
async function limitWait(session: PgSession, asking: PgSession): Promise<Patience> {
  let over = false;
  const pid = await backendPid(session);
  const timer = setTimeout(() => {
    over = true;
    asking.query(`SELECT pg_catalog.pg_cancel_backend(${pid})`).catch(() => undefined);
  }, session.lockWaitMs);
  return { isOver: () => over, end: () => clearTimeout(timer) };
}

function untoldBy({ where, lockWaitMs }: PgSession, cause: unknown): FinanceDbError {
  return new FinanceDbError(
    'PG_LOCKED',
    `the primary of ${where} has not said for ${lockWaitMs / 1000} s which transactions run, with which a slot at a standby begins`,
    {
      cause,
      details: { sqlstate: LOCK_TIMEOUT },
      remedy: 'run at the primary: SELECT pg_log_standby_snapshot(); one that is busy says it every 15 s by itself',
    },
  );
}
