import type { CronJob } from './crontab.ts';
import type { Interval } from './interval.ts';

/** The name of both units. */
export const UNIT_NAME = 'finance-db-sync';

/** The service: one sync; systemd starts none while one runs, and keeps the output in its journal. */
export function serviceUnit(job: CronJob): string {
  return [
    '[Unit]',
    `Description=finance-db: sync ${specifier(job.target)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=oneshot',
    'UMask=0077',
    ...Object.entries(job.environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    // Only ExecStart reads variables, so only there a dollar has to be doubled.
    `ExecStart=${job.command.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}`,
    '',
  ].join('\n');
}

/** The timer. After a time without power a missed run is made up for. */
export function timerUnit(job: CronJob, interval: Interval): string {
  return [
    '[Unit]',
    `Description=finance-db: sync ${specifier(job.target)} every ${interval.text}`,
    '',
    '[Timer]',
    `OnCalendar=${interval.calendar}`,
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ].join('\n');
}

function specifier(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  const plain = /^[\w@%+=:,./-]+$/.test(text);
  return specifier(plain ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`);
}
