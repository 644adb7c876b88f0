import { FinanceDbError } from '../errors/financeDbError.ts';

/** What cron is to run. */
export interface CronJob {
  /** Which DuckDB file it keeps up to date: one entry each. */
  readonly target: string;
  /** The five time fields. */
  readonly schedule: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Run before it, whatever comes of that; null for the command alone. */
  readonly before: readonly string[] | null;
  /** Output is appended to it. */
  readonly log: string;
}

/** Debian's cron refuses longer commands (MAX_COMMAND is 1000 bytes). */
const LONGEST_COMMAND = 990;

/**
 * The lines of our block: two marks, by which it is found again, and the entry between them.
 * @throws FinanceDbError CONFIG when a path cannot be written in a crontab
 */
export function crontabBlock(job: CronJob): string {
  return `${beginMark(job.target)}\n${crontabEntry(job)}\n${endMark(job.target)}\n`;
}

/** The entry itself: one line, with all that cron's shell and cron itself would take for their own made plain. */
export function crontabEntry(job: CronJob): string {
  const command = `${shellCommands(job)} >> ${shellWord(job.log)} 2>&1`;
  refuseUnwritable(command);
  // cron reads a bare % as the end of the command.
  const escaped = command.replaceAll('%', '\\%');
  if (Buffer.byteLength(escaped) > LONGEST_COMMAND)
    throw new FinanceDbError('CONFIG', `the crontab entry would be ${Buffer.byteLength(escaped)} bytes long`, {
      remedy: `cron takes at most ${LONGEST_COMMAND}: put the settings into a file and give --env-file, or use --systemd`,
    });
  return `${job.schedule} ${escaped}`;
}

/** The command with its settings; where another comes before, both in a group with one log. */
function shellCommands({ environment, command, before }: CronJob): string {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${shellWord(value)}`);
  const line = command.map(shellWord).join(' ');
  if (before === null) return [...settings, line].join(' ');
  const exported = settings.length === 0 ? '' : `export ${settings.join(' ')}; `;
  return `{ ${exported}${before.map(shellWord).join(' ')}; ${line}; }`;
}

/**
 * A crontab with our block in it: in its old place if it is there already, at the end otherwise. No other line changes.
 * @throws FinanceDbError CONFIG when our marks do not pair
 */
export function withBlock(crontab: string, job: CronJob): string {
  const block = crontabBlock(job);
  const { kept, position } = cut(crontab, job.target);
  // A last line without its newline would swallow our mark (and cron would refuse it).
  const before = kept.slice(0, position).join('\n') + (position > 0 ? '\n' : '');
  return `${before}${block}${kept.slice(position).join('\n')}`;
}

/**
 * A crontab without our block; all other bytes as they were.
 * @throws FinanceDbError CONFIG when our marks do not pair
 */
export function withoutBlock(crontab: string, target: string): string {
  return cut(crontab, target).kept.join('\n');
}

/** The targets of all blocks of ours in a crontab. */
export function blockTargets(crontab: string): string[] {
  return crontab
    .split('\n')
    .filter((line) => line.startsWith(BEGIN))
    .map((line) => line.slice(BEGIN.length));
}

/** A word for a POSIX shell: quoted only where it must be, without a backslash, which some crons read themselves. */
export function shellWord(text: string): string {
  if (/^[\w@%+:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

const BEGIN = '# begin finance-db sync of ';
const END = '# end finance-db sync of ';

function beginMark(target: string): string {
  return `${BEGIN}${target}`;
}

function endMark(target: string): string {
  return `${END}${target}`;
}

function refuseUnwritable(text: string): void {
  if (/[\\\0\r\n]/.test(text))
    throw new FinanceDbError('CONFIG', 'a path or setting holds a backslash or a line break, which cron cannot take', {
      remedy: 'use another path, or put the setting into a file and give --env-file',
    });
}

/** The lines without our block (an empty last one stands for the final newline), and where it was or should go. */
function cut(crontab: string, target: string): { kept: string[]; position: number } {
  const kept: string[] = [];
  let position: number | null = null;
  let inside = false;
  for (const line of crontab.split('\n')) {
    const begins = line === beginMark(target);
    const ends = line === endMark(target);
    if (begins ? inside : ends && !inside) throw damagedMarks(target);
    if (begins) position ??= kept.length;
    if (begins || ends) inside = begins;
    else if (!inside) kept.push(line);
  }
  if (inside) throw damagedMarks(target);
  const last = kept.at(-1) === '' ? kept.length - 1 : kept.length;
  return { kept, position: position ?? last };
}

function damagedMarks(target: string): FinanceDbError {
  return new FinanceDbError('CONFIG', `the crontab holds a begin without an end, or an end without a begin, of ours`, {
    remedy: `open it with crontab -e and delete what is left between "${beginMark(target)}" and "${endMark(target)}"`,
  });
}
