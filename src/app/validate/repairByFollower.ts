import { setTimeout as delay } from 'node:timers/promises';
import { currentFollower, type FollowNote, isReloadWished, wishForReload } from '../../duckdb/followNote.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type Repair, type ValidationResult, verdictOf } from './result.ts';
import type { ValidateRequest } from './session.ts';
import { validate } from './validate.ts';

/** A follower looks about once a second, unless it puts or publishes a lot. */
const NOTICE_MS = 60_000;
/** Loading takes what it takes; a follower that waits for something else is not waited for as long. */
const STUCK_MS = 30_000;
const LOOK_MS = 100;

/**
 * Lets the follower, whose file it is, load the damaged tables anew, and compares both sides again.
 * @throws FinanceDbError SYNC_LOCKED when it does not follow them, or does not come to it; DAMAGED when the file still differs
 */
export async function repairByFollower(
  request: ValidateRequest,
  before: ValidationResult,
  follower: FollowNote,
): Promise<{ result: ValidationResult; repairs: Repair[] }> {
  const { duckdbPath } = request.config;
  const damaged = before.tables.filter((check) => verdictOf(check) === 'damaged');
  const names = damaged.map(({ table }) => table);
  const known = [...follower.tables, ...follower.scanned];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw cannot(follower, `does not follow ${stranger}`);
  request.onStep('the follower loads damaged tables anew');
  wishForReload(duckdbPath, names);
  await granted(request, follower);
  const result = await validate(request);
  if (result.status === 'damaged')
    throw new FinanceDbError('DAMAGED', 'the file still differs after the follower has loaded it anew', {
      remedy: 'end the follower, and run `finance-db sync --full --validate`',
    });
  const repairs = damaged.map(({ table, damage, problem }) => ({ table, how: 'full' as const, damage, problem }));
  return { result, repairs };
}

/** Waits until the follower has taken notice, and streams again: a look that began after that is one of the new stream. */
async function granted({ config, now, signal }: ValidateRequest, follower: FollowNote): Promise<void> {
  const noticeBy = performance.now() + NOTICE_MS;
  let noticed: number | null = null;
  let movedAt = performance.now();
  for (;;) {
    if (noticed === null && !isReloadWished(config.duckdbPath)) noticed = now().getTime();
    const note = currentFollower(config.duckdbPath);
    if (note === null) throw cannot(follower, 'has ended');
    if (noticed === null && performance.now() > noticeBy) throw cannot(follower, 'does not answer');
    const looked = note.looked_at === null ? 0 : Date.parse(note.looked_at);
    if (noticed !== null && note.state === 'streaming' && looked > noticed) return;
    if (note.state !== 'waiting') movedAt = performance.now();
    if (performance.now() - movedAt > STUCK_MS) throw cannot(follower, `is waiting: ${note.why ?? 'for the server'}`);
    await delay(LOOK_MS, undefined, { signal });
  }
}

function cannot({ pid }: FollowNote, what: string): FinanceDbError {
  return new FinanceDbError('SYNC_LOCKED', `the follower of the file (process ${pid}) ${what}; nothing was repaired`, {
    remedy: 'end the follower, and run `finance-db validate --repair` again',
  });
}
