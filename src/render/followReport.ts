import type { FollowEvent, PublishReport, Standing } from '../app/follow/followRequest.ts';
import { counted, grouped } from '../model/counted.ts';
import { bytesText, durationText } from './amount.ts';

/** What publishes since the last line came to. */
export interface PublishTotal {
  readonly publishes: number;
  readonly commits: number;
  readonly upserted: bigint;
  readonly deleted: bigint;
  /** The longest from a commit to the file. */
  readonly lagSeconds: number;
  readonly bytes: number;
  readonly position: string;
}

/** Adds a publish to what came before it. */
export function addPublish(total: PublishTotal | null, publish: PublishReport): PublishTotal {
  return {
    publishes: (total?.publishes ?? 0) + 1,
    commits: (total?.commits ?? 0) + publish.commits,
    upserted: (total?.upserted ?? 0n) + publish.upserted,
    deleted: (total?.deleted ?? 0n) + publish.deleted,
    lagSeconds: Math.max(total?.lagSeconds ?? 0, publish.lagSeconds),
    bytes: publish.bytes,
    position: publish.position,
  };
}

/** `14 commits published: 312 rows put, 4 deleted; at most 0.41 s behind; 150.2 MB`. */
export function publishText(total: PublishTotal): string {
  const { commits, upserted, deleted, lagSeconds, bytes } = total;
  const what = `${counted(commits, 'commit')} published: ${counted(upserted, 'row')} put, ${grouped(deleted)} deleted`;
  return `${what}; at most ${durationText(lagSeconds)} behind; ${bytesText(bytes)}`;
}

/** The line that stays on a terminal: `following  0.3 s behind  120 rows/s  published 2 s ago`. */
export function standingText(standing: Standing, rowsPerSecond: number, now: Date): string {
  const { state, why, lagSeconds, publishedAt, commits } = standing;
  if (state === 'scanning') return 'comparing both sides';
  if (state === 'waiting') return `waiting: ${why ?? ''}`;
  const behind = lagSeconds === 0 ? 'up to date' : `${durationText(lagSeconds)} behind`;
  const parts = ['following', behind, counted(commits, 'commit')];
  if (rowsPerSecond > 0) parts.push(`${counted(Math.round(rowsPerSecond), 'row')}/s`);
  if (publishedAt !== null)
    parts.push(`published ${agoText(Math.max(0, Math.round((now.getTime() - publishedAt.getTime()) / 1000)))} ago`);
  return parts.join('  ');
}

/** The line is drawn twice a second: of seconds, no more than whole ones. */
function agoText(seconds: number): string {
  return seconds < 10 ? `${seconds} s` : durationText(seconds);
}

/** What is told of a stream that was given up. */
export function restartText({ reason, waitMs }: Extract<FollowEvent, { kind: 'restart' }>): string {
  const when = waitMs === 0 ? 'at once' : `in ${durationText(waitMs / 1000)}`;
  return `the stream is begun anew with a scan, ${when}: ${reason}`;
}

/** The document of `follow --once --json`, and each line of `follow --json`. */
export function publishDocument(total: PublishTotal): Record<string, unknown> {
  const { publishes, commits, upserted, deleted, lagSeconds, bytes, position } = total;
  return { publishes, commits, upserted, deleted, lag_seconds: Math.round(lagSeconds * 1000) / 1000, bytes, position };
}
