import { FinanceDbError } from '../../errors/financeDbError.ts';
import { makePrivateFile } from '../../files/privateFile.ts';
import { readCrontab, writeCrontab } from '../../files/userCrontab.ts';
import { blockTargets, withBlock, withoutBlock } from '../../model/crontab.ts';
import type { ScheduledSync } from './scheduledSync.ts';

/** What became of the crontab. */
export interface CrontabChange {
  readonly action: 'installed' | 'updated' | 'unchanged' | 'removed' | 'absent';
  /** DuckDB files that other entries of ours keep up to date. */
  readonly others: readonly string[];
}

/**
 * Puts the sync into the user's crontab, or brings its entry up to date. No other line changes.
 * @throws FinanceDbError CONFIG when a secret would be missing, CRONTAB_MISSING, CRONTAB_REFUSED
 */
export async function installSchedule(sync: ScheduledSync, env: NodeJS.ProcessEnv): Promise<CrontabChange> {
  const { job, missingSecret } = sync;
  if (missingSecret !== null)
    throw new FinanceDbError(
      'CONFIG',
      `${missingSecret.name} holds a password, which does not belong in a crontab; nothing was installed`,
      { remedy: secretRemedy(missingSecret) },
    );
  const before = await readCrontab(env);
  const after = withBlock(before, job);
  const known = blockTargets(before);
  const others = known.filter((target) => target !== job.target);
  // The shell opens the log before the sync could make its folder, and for everybody to read.
  makePrivateFile(job.log);
  if (after === before) return { action: 'unchanged', others };
  await writeCrontab(after, env);
  return { action: known.includes(job.target) ? 'updated' : 'installed', others };
}

/**
 * Takes the entry for this DuckDB file out of the user's crontab. No other line changes.
 * @throws FinanceDbError CONFIG when our marks were damaged, CRONTAB_MISSING, CRONTAB_REFUSED
 */
export async function removeSchedule(target: string, env: NodeJS.ProcessEnv): Promise<CrontabChange> {
  const before = await readCrontab(env);
  const after = withoutBlock(before, target);
  const others = blockTargets(after);
  if (after === before) return { action: 'absent', others };
  await writeCrontab(after, env);
  return { action: 'removed', others };
}

/** What to do about a secret that a scheduled sync would not know. */
export function secretRemedy(missing: { name: string; file: string }): string {
  return `put ${missing.name}=… into ${missing.file} (chmod 600) and give --env-file ${missing.file}, or keep the password in ~/.pgpass`;
}
