import fs from 'node:fs';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { EmbeddedFolder } from './folder.ts';

/** Words of PostgreSQL, of initdb and of the system for a disk that is full. */
const DISK_FULL_STATE = '53100';
const DISK_FULL = /No space left on device|[Dd]isk quota exceeded|ENOSPC|EDQUOT/;

/** The error for a server that ended instead of starting: what is so, and what to do, without giving up any data. */
export function notStarted(folder: EmbeddedFolder, how: string): FinanceDbError {
  const words = lastWords(folder);
  const full = diskFull(folder, words);
  if (full !== null) return full;
  return new FinanceDbError('PG_EMBEDDED', `the embedded server of ${folder.data} did not start (${how})${words}`, {
    remedy: notStartedRemedy(folder, words),
    details: { folder: folder.data },
  });
}

/** Whether a server ended at once because sessions of one that was killed before it still use the data. */
export function besideOrphans(folder: EmbeddedFolder): boolean {
  return /pre-existing shared memory block/.test(lastWords(folder));
}

function notStartedRemedy(folder: EmbeddedFolder, words: string): string {
  if (/still in use|already exists|Is another postmaster/.test(words))
    return 'the data is untouched: another process still uses it; end that process, or wait until it has ended, and run the command again';
  if (/Permission denied|wrong ownership|invalid permissions/.test(words))
    return `the data is untouched: give its files back to the account ${folder.account?.name ?? 'that runs finance-db'}, and run the command again`;
  return `the data may well be whole: keep it, see ${folder.log} for what PostgreSQL says, and run the command again when that is mended`;
}

/** DISK_FULL when PostgreSQL's words say so, else null. */
export function diskFull(folder: EmbeddedFolder, words: string): FinanceDbError | null {
  if (!DISK_FULL.test(words)) return null;
  return new FinanceDbError(
    'DISK_FULL',
    `no space left on the disk of the embedded server, ${folder.root}: ${words.replace(/^: /, '')}`,
    {
      details: { folder: folder.data },
    },
  );
}

/**
 * The error of a statement or a connection, which a full disk of this server may be behind: of any other server a full
 * disk is PostgreSQL's affair, of this one it is the user's own.
 */
export function explainFailure(folder: EmbeddedFolder, error: unknown): unknown {
  if (!isFinanceDbError(error)) return error;
  if (error.code === 'PG_CONNECTION_LOST') return diskFull(folder, lastFatalWords(folder)) ?? error;
  if (error.details.sqlstate !== DISK_FULL_STATE) return error;
  return new FinanceDbError(
    'DISK_FULL',
    `no space left on the disk of the embedded server, ${folder.root}: ${messageOf(error.cause)}`,
    {
      cause: error,
      details: error.details,
    },
  );
}

/** An error of the file system below `root`, as ours; any other error as it is. */
export function folderError(error: unknown, root: string): unknown {
  const code = codeOf(error);
  if (isFinanceDbError(error) || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const text = `the embedded server's folder ${root} cannot be used: ${messageOf(error)}`;
  if (DISK_FULL.test(code)) return new FinanceDbError('DISK_FULL', text, { cause: error });
  return new FinanceDbError('PG_EMBEDDED', text, {
    remedy: 'choose a folder that you may write with --home or FINANCE_DB_HOME',
    cause: error,
  });
}

/** The error for a folder that somebody removed while its server ran. */
export function removedMeanwhile(folder: EmbeddedFolder): FinanceDbError {
  return new FinanceDbError('PG_EMBEDDED', `the folder ${folder.root} was removed while its server ran`, {
    remedy: 'put it back from a backup; its server notices by itself and ends within a minute',
  });
}

/** The error for a server of ours whose socket somebody removed while other commands use it. */
export function unreachable(folder: EmbeddedFolder, pid: number): FinanceDbError {
  return new FinanceDbError(
    'PG_EMBEDDED',
    `the embedded server (pid ${pid}) runs, but nothing answers at its socket in ${folder.socket}: the folder was removed`,
    {
      remedy: 'wait until the other commands that use it have ended, and run this one again: it starts the server anew',
    },
  );
}

/** The error for a data folder that another machine or container uses, where two servers would spoil it. */
export function usedElsewhere(folder: EmbeddedFolder, host: string): FinanceDbError {
  return new FinanceDbError(
    'PG_EMBEDDED',
    `the embedded server's data folder ${folder.data} is in use on host ${host}`,
    {
      remedy: 'wait until the command there has ended (two minutes after it was killed), and run this one again',
    },
  );
}

/** The error for a data folder of which a part is missing. */
export function damaged(folder: EmbeddedFolder, why: string): FinanceDbError {
  return new FinanceDbError('PG_EMBEDDED', `the embedded server's data folder ${folder.data} cannot be used: ${why}`, {
    remedy:
      'restore what is missing from a backup. Until then keep the folder as it is, and begin anew elsewhere with --home if you must',
    details: { folder: folder.data },
  });
}

/** Why a server ended that ran: what it said last of all, which sessions that it ended may have talked over. */
function lastFatalWords(folder: EmbeddedFolder): string {
  try {
    const lines = fs.readFileSync(folder.log, 'utf8').split('\n');
    return lines.filter((line) => /PANIC|FATAL/.test(line) && DISK_FULL.test(line)).at(-1) ?? '';
  } catch {
    return '';
  }
}

/** The last lines of the server's log that tell what is wrong, after a colon; empty when there are none. */
export function lastWords(folder: EmbeddedFolder): string {
  try {
    const lines = fs.readFileSync(folder.log, 'utf8').trim().split('\n');
    const words = lines.filter((line) => /FATAL|PANIC|ERROR|HINT/.test(line)).slice(-2);
    return `: ${(words.length > 0 ? words : lines.slice(-1)).join(' ')}`;
  } catch {
    return '';
  }
}
