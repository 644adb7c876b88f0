/** A snapshot of PostgreSQL as pg_current_snapshot() writes it, with 64-bit transaction ids. */
export interface Snapshot {
  /** The oldest transaction that was still running: all before it have ended. */
  readonly xmin: bigint;
  /** One after the newest transaction that had ended. */
  readonly xmax: bigint;
  readonly inProgress: readonly bigint[];
}

/** What tells one source from another, or from an older copy of itself. */
export interface SourceIdentity {
  /** Of the cluster, made by initdb; null when the role may not ask. */
  readonly systemIdentifier: string | null;
  readonly databaseOid: string;
  /** Rises with every promotion and point-in-time recovery. */
  readonly timeline: string | null;
  /** The write-ahead log's position, `X/Y`; it only ever grows. */
  readonly lsn: string | null;
}

/** xids are compared in a circle of 2^32; beyond half of it older and newer cannot be told apart. */
const HALF_CIRCLE = 2n ** 31n;
/** Room for the transactions that begin between the snapshot and the comparison. */
const MARGIN = 10_000_000n;

/**
 * Parses `xmin:xmax:xip,xip…`.
 * @throws Error when the text is not a snapshot.
 */
export function parseSnapshot(text: string): Snapshot {
  const match = /^(\d+):(\d+):([\d,]*)$/.exec(text);
  if (match === null) throw new Error(`not a snapshot: ${text}`);
  const [, xmin = '', xmax = '', list = ''] = match;
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), inProgress: list === '' ? [] : list.split(',').map(BigInt) };
}

/** The 32-bit xid that PostgreSQL stores in rows, of a 64-bit one. */
export function toXid32(xid: bigint): bigint {
  return xid & 0xffff_ffffn;
}

/** A position `X/Y` of the write-ahead log as a number. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** `X/Y` of a position, as PostgreSQL writes it. */
export function lsnOf(position: bigint): string {
  return `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/**
 * Why a watermark taken in another state of the source must not be trusted, in words; null when it may.
 * After any of these, rows may differ without their xmin telling.
 */
export function watermarkObjection(
  stored: { snapshot: Snapshot; identity: SourceIdentity },
  current: { snapshot: Snapshot; identity: SourceIdentity },
): string | null {
  const [then, now] = [stored.identity, current.identity];
  if (then.systemIdentifier === null || now.systemIdentifier === null)
    return 'the server does not tell its identity to this role';
  if (then.systemIdentifier !== now.systemIdentifier) return 'the source is another PostgreSQL cluster';
  if (then.databaseOid !== now.databaseOid) return 'the source is another database';
  if (then.timeline !== now.timeline)
    return `the source changed its timeline (${then.timeline} to ${now.timeline}): a failover or a recovery`;
  if (current.snapshot.xmax < stored.snapshot.xmax || current.snapshot.xmin < stored.snapshot.xmin)
    return 'transaction ids went backwards: an older backup was restored';
  if (then.lsn !== null && now.lsn !== null && parseLsn(now.lsn) < parseLsn(then.lsn))
    return 'the write-ahead log went backwards: an older backup was restored';
  if (current.snapshot.xmax - stored.snapshot.xmin > HALF_CIRCLE - MARGIN)
    return 'more than two billion transactions passed, so that older and newer rows cannot be told apart';
  return null;
}

/**
 * Whether a standby has not yet replayed what the watermark saw, so that what it would give is older than what the file holds. A
 * server that writes cannot be behind: an older backup was restored to it.
 */
export function isBehind(
  stored: { snapshot: Snapshot; identity: SourceIdentity },
  current: { snapshot: Snapshot; identity: SourceIdentity; standby: boolean },
): boolean {
  const [then, now] = [stored.identity, current.identity];
  if (!current.standby || then.systemIdentifier === null || then.systemIdentifier !== now.systemIdentifier)
    return false;
  if (then.databaseOid !== now.databaseOid || then.timeline === null || now.timeline === null) return false;
  if (then.timeline !== now.timeline) return BigInt(now.timeline) < BigInt(then.timeline);
  if (current.snapshot.xmax < stored.snapshot.xmax || current.snapshot.xmin < stored.snapshot.xmin) return true;
  return then.lsn !== null && now.lsn !== null && parseLsn(now.lsn) < parseLsn(then.lsn);
}

/**
 * Whether no transaction can have changed a row between two snapshots of the same source: nothing was running in the
 * first, and no transaction with an id has ended since.
 */
export function nothingHappened(stored: Snapshot, current: Snapshot): boolean {
  return stored.xmin === stored.xmax && current.xmin === stored.xmin && current.xmax === stored.xmax;
}

/** Whether a snapshot sees what a transaction wrote, by the 32 bits of its id that the stream tells: it has committed. */
export function sees(snapshot: Snapshot, xid: number): boolean {
  const whole = nearestXid(snapshot.xmax, BigInt(xid));
  if (whole < snapshot.xmin) return true;
  return whole < snapshot.xmax && !snapshot.inProgress.includes(whole);
}

/** The 64-bit id whose low half is `xid`, on the nearer side of `reference`. */
function nearestXid(reference: bigint, xid: bigint): bigint {
  const CIRCLE = HALF_CIRCLE * 2n;
  const same = reference - toXid32(reference) + xid;
  if (same - reference > HALF_CIRCLE) return same - CIRCLE;
  return reference - same > HALF_CIRCLE ? same + CIRCLE : same;
}
