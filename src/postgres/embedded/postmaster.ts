import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type FoundServer, findServer, type Postmaster } from './findServer.ts';
import { asAccount, type EmbeddedFolder, serverEnvironment } from './folder.ts';
import { readPidFile, socketPath, vacatePidFile } from './pidFile.ts';
import { proveProcess } from './processProof.ts';
import { besideOrphans, lastWords, notStarted, unreachable, usedElsewhere } from './serverErrors.ts';
import { answers, listenPlace } from './socketPlace.ts';
import { spawnPostmaster } from './spawnPostmaster.ts';

/** Crash recovery after a kill may take a while; a start takes a tenth of a second. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;
/** Sessions of a server that was killed notice it within a moment, but first end the statement that they are at. */
const ORPHANS_TIMEOUT_MS = 60_000;
const ORPHANS_PAUSE_MS = 50;
/** How long a process that cannot be told is given to prove itself by its socket. */
const UNPROVEN_TIMEOUT_MS = 5_000;

/** Who else uses the server. */
export interface Neighbours {
  /** Whether nobody does. */
  none(): boolean;
  /** The name of another host where somebody does, whose processes cannot be seen from here. */
  elsewhere(): string | null;
}

/**
 * The server of the data folder: one that runs, or else a new one, which accepts connections when this returns. A pid file
 * that outlived its server is taken over.
 * @throws FinanceDbError PG_EMBEDDED, DISK_FULL with the last words of the server's log when it ends instead.
 */
export async function joinOrStart(folder: EmbeddedFolder, neighbours: Neighbours): Promise<Postmaster> {
  const found = await whenSettled(folder);
  if (found.kind === 'running') return found.postmaster;
  if (found.kind === 'deaf') {
    if (!neighbours.none()) throw unreachable(folder, found.pid);
    await stopServer(folder, found.pid);
  }
  const host = neighbours.elsewhere();
  if (host !== null) throw usedElsewhere(folder, host);
  if (!(await answers(socketPath(folder)))) vacatePidFile(folder);
  return start(folder);
}

/** PostgreSQL rightly refuses to start beside what is left of a killed server, which ends by itself: that is waited for. */
async function start(folder: EmbeddedFolder): Promise<Postmaster> {
  const deadline = performance.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    const outcome = await startOnce(folder);
    if (typeof outcome !== 'string') return outcome;
    const error = notStarted(folder, outcome);
    if (!besideOrphans(folder) || performance.now() > deadline) throw error;
    await delay(ORPHANS_PAUSE_MS);
  }
}

/** The server that was started, or how it ended instead. */
async function startOnce(folder: EmbeddedFolder): Promise<Postmaster | string> {
  const place = await listenPlace(folder);
  const child = spawnPostmaster(folder, place);
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const file = readPidFile(folder);
    if (file !== null && file !== 'torn' && file.pid === child.pid && file.ready)
      return { host: file.host, port: file.port };
    if (child.ended() !== null) break;
    await delay(10);
  }
  if (child.ended() !== null && !(await answers(socketPath(folder))))
    fs.rmSync(folder.socket, { recursive: true, force: true });
  return child.ended() ?? 'timed out';
}

/**
 * Stops the server in order (fast shutdown: sessions are ended, everything is written) and waits until it is gone. What
 * is not proven to be the server of this folder is left alone.
 */
export async function stopPostmaster(folder: EmbeddedFolder): Promise<void> {
  const found = await findServer(folder);
  if (found.kind === 'none' || found.kind === 'unproven') return;
  if (found.pid !== null) await stopServer(folder, found.pid);
}

async function stopServer(folder: EmbeddedFolder, pid: number): Promise<void> {
  // PostgreSQL's own program sends the signal; not waited for by it, since it looks ten times a second only.
  const outcome = spawnSync(
    path.join(folder.binaries.root, 'bin', 'pg_ctl'),
    ['stop', '-D', folder.data, '-m', 'fast', '-W', '-s'],
    { encoding: 'utf8', cwd: '/', env: serverEnvironment(), ...asAccount(folder.account) },
  );
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (pidOf(folder) === pid && proveProcess(pid, folder.data) !== 'other') {
    if (outcome.status !== 0 || performance.now() > deadline)
      throw new FinanceDbError(
        'PG_EMBEDDED',
        `the embedded server (pid ${pid}) does not stop ${outcome.stderr ?? ''}`,
        {
          remedy: `see ${folder.log}`,
        },
      );
    await delay(10);
  }
  await whenGone(pid, folder, deadline);
  fs.rmSync(folder.socket, { recursive: true, force: true });
}

/** The pid file goes a moment before its process does. */
async function whenGone(pid: number, folder: EmbeddedFolder, deadline: number): Promise<void> {
  while (proveProcess(pid, folder.data) === 'ours' && performance.now() < deadline) await delay(10);
}

function pidOf(folder: EmbeddedFolder): number | null {
  const file = readPidFile(folder);
  return file === null || file === 'torn' ? null : file.pid;
}

/** Waits for a server that another command began to start or to stop, and was killed before it was done. */
async function whenSettled(folder: EmbeddedFolder): Promise<Exclude<FoundServer, { kind: 'starting' | 'unproven' }>> {
  const began = performance.now();
  for (;;) {
    const found = await findServer(folder);
    if (found.kind !== 'starting' && found.kind !== 'unproven') return found;
    const waited = performance.now() - began;
    // PostgreSQL itself still refuses to start beside a living server of this folder, by its shared memory.
    if (found.kind === 'unproven' && waited > UNPROVEN_TIMEOUT_MS) return { kind: 'none' };
    if (waited > START_TIMEOUT_MS)
      throw new FinanceDbError(
        'PG_EMBEDDED',
        `the embedded server of ${folder.data} (pid ${found.pid}) neither starts nor ends${lastWords(folder)}`,
        { remedy: `the data is untouched; see ${folder.log}, and end that process if it is stuck` },
      );
    await delay(10);
  }
}
