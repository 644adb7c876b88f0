import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { type ServerAccount, serverAccount } from '../../src/postgres/embedded/account.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { temporaryFolder } from './folder.ts';

/** A whole PostgreSQL cluster of its own, of the system's packages unless told otherwise, for what cannot be done to the shared one. */
export interface Cluster {
  readonly data: string;
  readonly address: PostgresAddress;
  /** Runs a program of PostgreSQL as the cluster's owner. */
  run(program: string, ...args: string[]): string;
  start(): void;
  stop(mode?: 'fast' | 'immediate'): void;
  remove(): void;
}

/** The folder of the system's PostgreSQL programs, among them pg_resetwal and pg_basebackup; null when there are none. */
export function systemPrograms(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions
    .map((version) => path.join(root, version, 'bin'))
    .find((bin) => fs.existsSync(`${bin}/initdb`));
  return folder ?? null;
}

/** A folder that belongs to the account which servers run as. */
export function ownedFolder(): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder();
  const account = serverAccount(folder.path);
  if (account !== null) fs.chownSync(folder.path, account.uid, account.gid);
  return folder;
}

/** Makes a data folder with initdb, whose superuser is `tester`. */
export function makeClusterData(programs: string, data: string): void {
  const run = runner(programs, serverAccount(data));
  run('initdb', '-D', data, '-U', 'tester', '-A', 'trust', '-N', '--locale=C', '-E', 'UTF8');
}

/** Runs a program of PostgreSQL as the account that owns the data. */
function runner(programs: string, account: ServerAccount | null): Cluster['run'] {
  return (program, ...args) => {
    const outcome = spawnSync(path.join(programs, program), args, {
      encoding: 'utf8',
      cwd: '/',
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      // A server that is started keeps what it inherits open: give it nothing to hold.
      stdio: program === 'pg_ctl' ? 'ignore' : 'pipe',
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    });
    if (outcome.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${outcome.stderr ?? outcome.error}`);
    return outcome.stdout ?? '';
  };
}

/** Makes and starts a cluster; `remove` it in the end. `from`: a backup of another cluster instead of initdb; `programs`: those of another version. */
export async function makeCluster(
  settings: Record<string, string> = {},
  from?: (data: string) => void,
  programs = systemPrograms(),
): Promise<Cluster> {
  if (programs === null) throw new Error('no PostgreSQL of the system');
  const folder = ownedFolder();
  const data = path.join(folder.path, 'data');
  const account = serverAccount(data);
  const port = await freePort();
  const run = runner(programs, account);
  if (from === undefined) makeClusterData(programs, data);
  else from(data);
  const all = { max_prepared_transactions: '8', autovacuum: 'off', fsync: 'off', wal_level: 'replica', ...settings };
  const lines = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    ...all,
  });
  fs.appendFileSync(
    path.join(data, 'postgresql.conf'),
    lines.map(([name, value]) => `\n${name} = '${value}'`).join(''),
  );
  const cluster: Cluster = {
    data,
    address: {
      ...{ host: '127.0.0.1', port, user: 'tester', database: 'postgres', password: '' },
      ...{ sslmode: 'disable', sslrootcert: undefined },
    },
    run,
    start: () => run('pg_ctl', '-D', data, '-w', '-t', '240', '-l', path.join(folder.path, 'log'), 'start'),
    stop: (mode = 'fast') => run('pg_ctl', '-D', data, '-w', '-m', mode, 'stop'),
    remove: () => {
      if (fs.existsSync(path.join(data, 'postmaster.pid'))) cluster.stop('immediate');
      folder.remove();
    },
  };
  cluster.start();
  return cluster;
}
