import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makePrivateFolder } from '../../files/privateFile.ts';
import { canReach, type ServerAccount, serverAccount } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';

/** The server's own role and database. */
export const EMBEDDED_USER = 'finance';
export const EMBEDDED_DATABASE = 'finance';
/** The TCP port in the name of the unix socket; nothing listens on it. */
export const EMBEDDED_PORT = 5432;

/** Everything that belongs to one embedded server. */
export interface EmbeddedFolder {
  /** `$FINANCE_DB_HOME/postgres`: as root it may be a link to a place that the server's account can reach. */
  readonly root: string;
  readonly data: string;
  /** One file for each command that uses the server. */
  readonly users: string;
  readonly lock: string;
  readonly log: string;
  readonly password: string;
  /** There once somebody has followed this server: its log then holds what that needs, for good. */
  readonly followed: string;
  /** Folder of the unix socket: short, since socket paths end at about 100 bytes, and only for the owner. */
  readonly socket: string;
  readonly account: ServerAccount | null;
  readonly binaries: Binaries;
}

/** System-wide place for what root's server account must reach. */
const SYSTEM_FOLDER = '/var/lib/finance-db';

/** Makes the folder of the embedded server (not yet its data) and finds what it needs. */
export function prepareFolder(root: string): EmbeddedFolder {
  const account = serverAccount(path.join(root, 'data'));
  makeRoot(root, account);
  const real = fs.realpathSync(root);
  const copies = account === null ? path.join(path.dirname(root), 'postgres-programs') : SYSTEM_FOLDER;
  return {
    root,
    data: path.join(real, 'data'),
    users: path.join(real, 'users'),
    lock: path.join(real, 'lock'),
    log: path.join(real, 'server.log'),
    password: path.join(real, 'password'),
    followed: path.join(real, 'followed'),
    socket: socketFolder(real),
    account,
    binaries: findBinaries(copies, account),
  };
}

/**
 * Makes the folder of the server: for its owner alone, and, where root's server runs as another account, with a way
 * through for that account's group. Where the account cannot get as far, a link to a place that it can reach.
 */
function makeRoot(root: string, account: ServerAccount | null): void {
  const home = path.dirname(root);
  makePrivateFolder(home);
  if (!fs.existsSync(root)) {
    if (account !== null) letThroughHome(home, account);
    if (canReach(home, account)) makePrivateFolder(root);
    else {
      const elsewhere = path.join(SYSTEM_FOLDER, `server-${shortHash(path.resolve(root))}`);
      fs.mkdirSync(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
      makePrivateFolder(elsewhere);
      fs.rmSync(root, { force: true }); // a link whose target was removed
      fs.symlinkSync(elsewhere, root);
    }
  }
  // Also of one that root has copied, whose group is root's then.
  if (account !== null && !canReach(root, account)) letThrough(fs.realpathSync(root), account);
  makePrivateFolder(path.join(root, 'users'));
}

/**
 * A home of root's that holds nothing but files of ours is one that we made, or that was made for us: the server's data
 * should lie in it and go with it. Any other private folder stays shut.
 */
function letThroughHome(home: string, account: ServerAccount): void {
  const { uid, gid, mode } = fs.statSync(home);
  const isOurs = uid === 0 && gid === 0 && (mode & 0o777) === 0o700 && fs.readdirSync(home).every(isOurName);
  if (isOurs && canReach(path.dirname(fs.realpathSync(home)), account)) letThrough(home, account);
}

/** Its group may pass through, and neither list nor write. */
function letThrough(folder: string, account: ServerAccount): void {
  fs.chownSync(folder, fs.statSync(folder).uid, account.gid);
  fs.chmodSync(folder, 0o710);
}

function isOurName(name: string): boolean {
  return /^(finance\.duckdb|postgres|query_history$|sync\.log$|queries$|profiles$|rules\.csv$|\.env$)/.test(name);
}

function socketFolder(real: string): string {
  const uid = process.getuid?.() ?? 0;
  return path.join(os.tmpdir(), `finance-db-${uid}-${shortHash(real)}`);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The server sees nothing of the caller's environment that could change what it does. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C' };
}

/** Options for child_process that switch to the server's account. */
export function asAccount(account: ServerAccount | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}
