import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
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
    socket: socketFolder(real),
    account,
    binaries: findBinaries(copies, account),
  };
}

function makeRoot(root: string, account: ServerAccount | null): void {
  if (!fs.existsSync(root)) {
    fs.mkdirSync(path.dirname(root), { recursive: true, mode: 0o755 });
    if (canReach(path.dirname(root), account)) fs.mkdirSync(root, { recursive: true, mode: 0o755 });
    else {
      const elsewhere = path.join(SYSTEM_FOLDER, `server-${shortHash(path.resolve(root))}`);
      fs.mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
      fs.rmSync(root, { force: true }); // a link whose target was removed
      fs.symlinkSync(elsewhere, root);
    }
  }
  fs.mkdirSync(path.join(root, 'users'), { recursive: true });
}

function socketFolder(real: string): string {
  const uid = process.getuid?.() ?? 0;
  return path.join(os.tmpdir(), `finance-db-${uid}-${shortHash(real)}`);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/**
 * Makes the data folder with initdb when there is none; a half-made one never gets the final name.
 * @throws FinanceDbError PG_EMBEDDED naming the folder when what is there is not a whole data folder.
 */
export function prepareData(folder: EmbeddedFolder): void {
  if (fs.existsSync(folder.data)) {
    checkData(folder);
    return;
  }
  const draft = `${folder.data}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(draft, { mode: 0o700 });
  if (folder.account !== null) fs.chownSync(draft, folder.account.uid, folder.account.gid);
  const passwordFile = makePassword(folder);
  // No fsync here: the folder gets its name only when all of it is there, and the server syncs when it first starts.
  runProgram(folder, draft, 'initdb', [
    ...['-D', draft, '-U', EMBEDDED_USER, '--pwfile', passwordFile, '--auth-local=peer', '--auth-host=scram-sha-256'],
    ...['-E', 'UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--no-instructions', '--no-sync'],
  ]);
  runProgram(
    folder,
    draft,
    'postgres',
    ['--single', '-D', draft, 'postgres'],
    `CREATE DATABASE ${EMBEDDED_DATABASE}\n`,
  );
  writeAccess(draft, folder.account);
  fs.renameSync(draft, folder.data);
}

function runProgram(folder: EmbeddedFolder, draft: string, name: string, args: string[], input = ''): void {
  const outcome = spawnSync(path.join(folder.binaries.root, 'bin', name), args, {
    input,
    encoding: 'utf8',
    cwd: '/',
    env: serverEnvironment(),
    ...asAccount(folder.account),
  });
  if (outcome.status === 0) return;
  const why = (outcome.error?.message ?? outcome.stderr ?? '').trim().split('\n').slice(-3).join(' ');
  fs.rmSync(draft, { recursive: true, force: true });
  throw new FinanceDbError('PG_EMBEDDED', `${name} could not make the data folder ${folder.data}: ${why}`, {
    remedy: 'see the message above; check that the folder is on a disk with free space',
    details: { folder: folder.data },
  });
}

/** The server sees nothing of the caller's environment that could change what it does. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C' };
}

/** A random password, for the loopback port that serves where sockets do not work; only the owner can read it. */
function makePassword(folder: EmbeddedFolder): string {
  fs.writeFileSync(folder.password, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (folder.account !== null) fs.chownSync(folder.password, folder.account.uid, folder.account.gid);
  return folder.password;
}

/** Only the owner of the installation may connect, told by the kernel (peer), as the server's own role. */
function writeAccess(data: string, account: ServerAccount | null): void {
  const names = new Set([os.userInfo().username, ...(account === null ? [] : [account.name])]);
  const lines = [...names].map((name) => `owner "${name}" "${EMBEDDED_USER}"`);
  fs.writeFileSync(path.join(data, 'pg_ident.conf'), `${lines.join('\n')}\n`);
  fs.writeFileSync(
    path.join(data, 'pg_hba.conf'),
    'local all all peer map=owner\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );
}

function checkData(folder: EmbeddedFolder): void {
  for (const needed of ['PG_VERSION', 'global/pg_control', 'base', 'pg_wal', 'pg_hba.conf'])
    if (!fs.existsSync(path.join(folder.data, needed))) throw damaged(folder, `${needed} is missing`);
  const found = fs.readFileSync(path.join(folder.data, 'PG_VERSION'), 'utf8').trim();
  const expected = folder.binaries.version.split('.')[0];
  if (found !== expected) throw damaged(folder, `it is of PostgreSQL ${found}, and the programs are of ${expected}`);
}

/** The error for a data folder that the server cannot work with. */
export function damaged(folder: EmbeddedFolder, why: string): FinanceDbError {
  return new FinanceDbError('PG_EMBEDDED', `the embedded server's data folder ${folder.data} cannot be used: ${why}`, {
    remedy: `restore it from a backup, or move it away to begin anew: mv '${folder.root}' '${folder.root}.old'`,
    details: { folder: folder.data },
  });
}

/** Options for child_process that switch to the server's account. */
export function asAccount(account: ServerAccount | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}
