import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';

/** The operating system account that runs the server; null means: whoever runs this command. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts tried in turn when the command runs as root, which PostgreSQL refuses to run as. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * The account for the server: null for an ordinary user; as root the owner of an existing data folder, else the
 * first unprivileged account of the system.
 * @throws FinanceDbError PG_EMBEDDED when root finds no account to switch to.
 */
export function serverAccount(dataFolder: string): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readAccounts();
  const owner = fs.statSync(dataFolder, { throwIfNoEntry: false })?.uid;
  const existing = owner === undefined || owner === 0 ? undefined : accounts.find((account) => account.uid === owner);
  const chosen =
    existing ?? UNPRIVILEGED.map((name) => accounts.find((account) => account.name === name)).find(Boolean);
  if (chosen === undefined)
    throw new FinanceDbError(
      'PG_EMBEDDED',
      'PostgreSQL refuses to run as root, and there is no account postgres or nobody to switch to',
      {
        remedy: 'run finance-db as an ordinary user, or create a system account named postgres',
      },
    );
  return chosen;
}

/** Whether `account` may pass through every folder above `target` (and enter `target` itself if it is a folder). */
export function canReach(target: string, account: ServerAccount | null): boolean {
  if (account === null) return true;
  let current = fs.realpathSync(target);
  for (;;) {
    const stat = fs.statSync(current);
    if (stat.isDirectory() && !mayEnter(stat, account)) return false;
    const parent = path.dirname(current);
    if (parent === current) return true;
    current = parent;
  }
}

function mayEnter(stat: fs.Stats, account: ServerAccount): boolean {
  if (stat.uid === account.uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === account.gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}

function readAccounts(): ServerAccount[] {
  return fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
