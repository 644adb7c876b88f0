import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { ServerAccount } from './account.ts';
import { asAccount, EMBEDDED_DATABASE, EMBEDDED_USER, type EmbeddedFolder, serverEnvironment } from './folder.ts';
import { damaged, diskFull } from './serverErrors.ts';

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
  const full = diskFull(folder, why);
  if (full !== null) throw full;
  throw new FinanceDbError('PG_EMBEDDED', `${name} could not make the data folder ${folder.data}: ${why}`, {
    remedy: 'see the message above; nothing was made',
    details: { folder: folder.data },
  });
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
  try {
    fs.readdirSync(folder.data);
  } catch (error) {
    throw new FinanceDbError('PG_EMBEDDED', `the embedded server's data folder cannot be read: ${messageOf(error)}`, {
      remedy: 'the data is untouched: run finance-db as the user whose data it is',
      details: { folder: folder.data },
      cause: error,
    });
  }
  for (const needed of ['PG_VERSION', 'global/pg_control', 'base', 'pg_wal', 'pg_hba.conf'])
    if (!fs.existsSync(path.join(folder.data, needed))) throw damaged(folder, `${needed} is missing`);
  const found = fs.readFileSync(path.join(folder.data, 'PG_VERSION'), 'utf8').trim();
  const expected = folder.binaries.version.split('.')[0];
  if (found !== expected)
    throw new FinanceDbError(
      'PG_EMBEDDED',
      `the embedded server's data folder ${folder.data} is of PostgreSQL ${found}, and the programs here are of ${expected}`,
      {
        remedy: `the data is whole: use it with a finance-db that brings PostgreSQL ${found}, or move the rows with pg_dump of that version`,
        details: { folder: folder.data },
      },
    );
}
