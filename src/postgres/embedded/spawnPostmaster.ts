import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { PRIVATE_FILE } from '../../files/privateFile.ts';
import { asAccount, type EmbeddedFolder, serverEnvironment } from './folder.ts';

/** Settings of a server that is small, private, and safe against crashes. */
const SETTINGS: Record<string, string> = {
  max_connections: '64',
  shared_buffers: '128MB',
  // The data is in the system's cache mostly: handing each read to a worker process took a fifth more time for a scan.
  io_method: 'sync',
  wal_level: 'replica',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  max_prepared_transactions: '16',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_min_messages: 'warning',
};

/** What changes of a server that is followed: a log that tells of rows, and connections that stream it. */
const FOLLOWED: Record<string, string> = { wal_level: 'logical', max_wal_senders: '4', max_replication_slots: '4' };

/** From version 17 on: a sync reads only what the log says has changed. */
const SUMMARIZES: Record<string, string> = { summarize_wal: 'on' };
const SUMMARIZES_FROM = 17;

/** A server process that was begun. */
export interface SpawnedPostmaster {
  readonly pid: number | undefined;
  /** How it ended: its exit code or signal, or why it could not be begun; null while it runs. */
  ended(): string | null;
}

/**
 * Begins the server of the data folder, whose words go to a new log. It outlives this process.
 * @param place the settings of where it listens
 */
export function spawnPostmaster(folder: EmbeddedFolder, place: Readonly<Record<string, string>>): SpawnedPostmaster {
  const followed = fs.existsSync(folder.followed) ? FOLLOWED : {};
  const summarizes = Number.parseInt(folder.binaries.version, 10) >= SUMMARIZES_FROM ? SUMMARIZES : {};
  const settings = Object.entries({ ...SETTINGS, ...summarizes, ...followed, ...place }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  fs.rmSync(folder.log, { force: true });
  const log = fs.openSync(folder.log, 'w', PRIVATE_FILE);
  const child = spawn(path.join(folder.binaries.root, 'bin', 'postgres'), ['-D', folder.data, ...settings], {
    // A session of its own: Ctrl-C in the terminal ends our command, which then stops the server in order.
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: serverEnvironment(),
    ...asAccount(folder.account),
  });
  fs.closeSync(log);
  let how: string | null = null;
  child.on('exit', (code, signal) => {
    how = signal ?? `code ${code}`;
  });
  child.on('error', (error) => {
    how = error.message;
  });
  child.unref();
  return { pid: child.pid, ended: () => how };
}
