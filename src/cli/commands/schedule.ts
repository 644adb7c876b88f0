import fs from 'node:fs';
import path from 'node:path';
import { type CrontabChange, installSchedule, removeSchedule, secretRemedy } from '../../app/schedule/schedule.ts';
import { type ScheduledSync, scheduledSync } from '../../app/schedule/scheduledSync.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { crontabBlock, crontabEntry, shellWord } from '../../model/crontab.ts';
import { type Interval, parseInterval } from '../../model/interval.ts';
import { FOLLOW_UNIT_NAME, followUnit, serviceUnit, timerUnit, UNIT_NAME } from '../../model/systemdUnits.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { writeText } from '../../render/sink.ts';
import type { CommandContext } from '../context.ts';
import { type StreamFlags, streamWords } from './followFlags.ts';

export interface ScheduleFlags extends StreamFlags {
  readonly every: string;
  readonly install?: boolean;
  readonly remove?: boolean;
  /** `service` or `timer` for one unit, true for both. */
  readonly systemd?: string | true;
  /** A folder of bank files to import before each sync. */
  readonly inbox?: string;
  /** A service that follows, instead of syncs at intervals. */
  readonly follow?: boolean;
  readonly databaseUrl?: string;
}

/** `finance-db schedule`: prints what runs the sync regularly, or keeps it in the user's crontab. */
export async function scheduleCommand(context: CommandContext, flags: ScheduleFlags): Promise<undefined> {
  if ([flags.install, flags.remove, flags.systemd].filter((flag) => flag !== undefined).length > 1)
    throw new FinanceDbError('USAGE', 'give one of --install, --remove and --systemd', {
      remedy: '--systemd only prints its units; --install and --remove are about the crontab',
    });
  if (flags.remove && flags.inbox !== undefined)
    throw new FinanceDbError('USAGE', '--remove takes out the whole entry, whatever its inbox', {
      remedy: 'leave --inbox out',
    });
  if (flags.follow === true && (flags.install ?? flags.remove ?? flags.inbox) !== undefined)
    throw new FinanceDbError('USAGE', '--follow prints a systemd service, and nothing else', {
      remedy: 'leave --install, --remove and --inbox out; cron runs `finance-db sync` or `finance-db follow --once`',
    });
  const { config, env } = context;
  const stream = streamWords(flags);
  const interval = parseInterval(flags.every);
  if (flags.remove) return tellChange(context, await removeSchedule(config.duckdbPath, env));
  const inbox = flags.inbox === undefined ? null : await existingInbox(context, flags.inbox);
  const sync = scheduledSync({ config, env, databaseUrl: flags.databaseUrl, interval, inbox });
  if (sync.job.command.some((word) => /[\\/]_npx[\\/]/.test(word)))
    context.io.stderr.write('warning: npx keeps this installation only for a while; install it for good first\n');
  if (flags.install) return tellChange(context, await installSchedule(sync, env), sync, interval);
  if (sync.missingSecret !== null)
    context.io.stderr.write(
      `note: ${sync.missingSecret.name} holds a password, which was left out: ${secretRemedy(sync.missingSecret)}\n`,
    );
  if (stream !== null) return printFollow(context, sync, stream);
  return flags.systemd === undefined ? print(context, sync, interval) : printUnits(context, flags, sync, interval);
}

/**
 * The absolute path of an inbox, which must be there: an entry that fails each time helps nobody.
 * @throws FinanceDbError FILE_UNREADABLE
 */
async function existingInbox({ io }: CommandContext, name: string): Promise<string> {
  const folder = path.resolve(io.cwd, name);
  const stat = await fs.promises.stat(folder).catch(() => null);
  if (stat?.isDirectory() === true) return folder;
  throw new FinanceDbError('FILE_UNREADABLE', `there is no folder ${folder} for an inbox`, {
    remedy: 'make it first, where bank files are to be put',
  });
}

async function print(context: CommandContext, sync: ScheduledSync, interval: Interval): Promise<undefined> {
  const { io, output } = context;
  const block = crontabBlock(sync.job);
  if (output.json) return writeDocument(context, 'printed', sync, interval);
  await writeText(io.stdout, block);
  if (!output.quiet)
    io.stderr.write('put it into your crontab with `finance-db schedule --install`, or by hand with `crontab -e`\n');
  return undefined;
}

/** A follower runs without end: systemd keeps it running, cron cannot. */
async function printFollow(
  { io, output }: CommandContext,
  { job }: ScheduledSync,
  stream: readonly string[],
): Promise<undefined> {
  const command = [...job.command.map((word) => (word === 'sync' ? 'follow' : word)), ...stream];
  const service = followUnit(job, command);
  const folder = '~/.config/systemd/user';
  if (output.json) await writeJsonDocument(io, { status: 'ok', action: 'printed', name: FOLLOW_UNIT_NAME, service });
  else await writeText(io.stdout, service);
  if (!output.json && !output.quiet)
    io.stderr.write(
      [
        'to install:',
        `  mkdir -p ${folder}`,
        `  finance-db ${['schedule', '--follow', ...stream].map(shellWord).join(' ')} > ${folder}/${FOLLOW_UNIT_NAME}.service`,
        `  systemctl --user daemon-reload && systemctl --user enable --now ${FOLLOW_UNIT_NAME}`,
        '  loginctl enable-linger    # so that it runs while you are logged out',
        `to see what it does: journalctl --user -u ${FOLLOW_UNIT_NAME}`,
        '',
      ].join('\n'),
    );
  return undefined;
}

async function printUnits(
  context: CommandContext,
  flags: ScheduleFlags,
  sync: ScheduledSync,
  interval: Interval,
): Promise<undefined> {
  const { io, output } = context;
  const service = serviceUnit(sync.job);
  const timer = timerUnit(sync.job, interval);
  const folder = '~/.config/systemd/user';
  if (output.json) await writeJsonDocument(io, { status: 'ok', action: 'printed', name: UNIT_NAME, service, timer });
  else if (flags.systemd === 'service') await writeText(io.stdout, service);
  else if (flags.systemd === 'timer') await writeText(io.stdout, timer);
  else
    await writeText(
      io.stdout,
      `# ${folder}/${UNIT_NAME}.service\n${service}\n# ${folder}/${UNIT_NAME}.timer\n${timer}`,
    );
  if (!output.quiet && flags.systemd === true)
    io.stderr.write(
      [
        'to install:',
        `  mkdir -p ${folder}`,
        `  finance-db schedule --systemd service > ${folder}/${UNIT_NAME}.service`,
        `  finance-db schedule --systemd timer > ${folder}/${UNIT_NAME}.timer`,
        `  systemctl --user daemon-reload && systemctl --user enable --now ${UNIT_NAME}.timer`,
        '  loginctl enable-linger    # so that it runs while you are logged out',
        `to see what it did: journalctl --user -u ${UNIT_NAME}`,
        '',
      ].join('\n'),
    );
  return undefined;
}

async function tellChange(
  context: CommandContext,
  change: CrontabChange,
  sync?: ScheduledSync,
  interval?: Interval,
): Promise<undefined> {
  const { io, output, config } = context;
  if (output.json) return writeDocument(context, change.action, sync, interval);
  if (output.quiet) return undefined;
  const every = `every ${interval?.text ?? ''}`;
  const inbox = inboxOf(sync);
  const what = `${inbox === null ? '' : `an import of ${inbox}, then `}a sync of ${config.duckdbPath} ${every}`;
  const words = {
    installed: `Installed in your crontab: ${what}.`,
    updated: `Updated in your crontab: ${what}.`,
    unchanged: `Already in your crontab: ${what}.`,
    removed: `Removed from your crontab: the sync of ${config.duckdbPath}.`,
    absent: `Nothing to remove: your crontab has no sync of ${config.duckdbPath}.`,
  };
  const log = sync === undefined ? '' : ` Its log: ${sync.job.log}`;
  io.stdout.write(`${words[change.action]}${log}\n`);
  for (const other of change.others) io.stderr.write(`note: your crontab also has a sync of ${other}\n`);
  return undefined;
}

async function writeDocument(
  context: CommandContext,
  action: string,
  sync?: ScheduledSync,
  interval?: Interval,
): Promise<undefined> {
  await writeJsonDocument(context.io, {
    status: 'ok',
    action,
    duckdb: context.config.duckdbPath,
    every: interval?.text,
    ...(inboxOf(sync) === null ? {} : { inbox: inboxOf(sync) }),
    entry: sync && crontabEntry(sync.job),
    log: sync?.job.log,
  });
  return undefined;
}

function inboxOf(sync: ScheduledSync | undefined): string | null {
  const words = sync?.job.before ?? [];
  return words[words.indexOf('--inbox') + 1] ?? null;
}
