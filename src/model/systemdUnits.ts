import type { CronJob } from './crontab.ts';
import type { Interval } from './interval.ts';

/** The name of both units. */
export const UNIT_NAME = 'finance-db-sync';

/** The name of the service that follows. */
export const FOLLOW_UNIT_NAME = 'finance-db-follow';

/** A service that follows without end, and is started again when it fails. @param command as words */
export function followUnit(job: CronJob, command: readonly string[]): string {
  return [
    '[Unit]',
    `Description=finance-db: follow into ${specifier(job.target)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=simple',
    'UMask=0077',
    ...Object.entries(job.environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    `ExecStart=${execWords(command)}`,
    'Restart=on-failure',
    'RestartSec=30',
    // SIGTERM is how it is meant to end.
    'SuccessExitStatus=143',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** The service: one sync, after an import where one comes before it; systemd starts none while one runs, and keeps the output in its journal. */
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
    // The minus: what cannot be imported keeps nobody from syncing what can.
    ...(job.before === null ? [] : [`ExecStart=-${execWords(job.before)}`]),
    `ExecStart=${execWords(job.command)}`,
    '',
  ].join('\n');
}

/** Only ExecStart reads variables, so only there a dollar has to be doubled. */
function execWords(words: readonly string[]): string {
  return words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ');
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
