import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { acquireLock, type HeldLock, isHeldLock } from '../../files/lockFile.ts';
import { PRIVATE_FILE } from '../../files/privateFile.ts';
import { prepareData } from './dataFolder.ts';
import { EMBEDDED_DATABASE, EMBEDDED_USER, type EmbeddedFolder, prepareFolder } from './folder.ts';
import { joinOrStart, type Neighbours, stopPostmaster } from './postmaster.ts';
import { explainFailure, folderError, removedMeanwhile } from './serverErrors.ts';
import { foreignUser, othersLive, type Ticket, takeTicket } from './tickets.ts';

/** How to reach the embedded server. */
export interface EmbeddedAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
}

export interface EmbeddedServer {
  readonly address: EmbeddedAddress;
  /** The error of a statement, which may have its cause in this server's own disk or folder. */
  explain(error: unknown): unknown;
  /** Ends this command's use; the last one to do so stops the server. */
  release(): Promise<void>;
}

/** Starting, stopping and joining take turns; nobody holds this lock longer than a crash recovery takes. */
const TURN_WAIT_MS = 120_000;
/**
 * Starts the embedded server, or joins one that runs: of another command, or left behind by a killed one. Each user
 * leaves a file in `users`; a server is stopped when the last living user goes.
 * @param root `$FINANCE_DB_HOME/postgres`
 * @param options `toFollow`: its changes are to be streamed, now or after its next start
 * @throws FinanceDbError PG_EMBEDDED naming the folder when the server cannot be made or started.
 */
export async function useEmbeddedServer(
  root: string,
  now: Date,
  signal?: AbortSignal,
  { toFollow = false }: { readonly toFollow?: boolean } = {},
): Promise<EmbeddedServer> {
  const folder = openFolder(root);
  const turn = await takeTurn(folder, now, signal).catch((error: unknown) => {
    throw folderError(error, root);
  });
  let ticket: Ticket | undefined;
  try {
    prepareData(folder);
    ticket = takeTicket(folder.users, now);
    if (toFollow) await prepareToFollow(folder, ticket);
    const running = await joinOrStart(folder, neighbours(folder, ticket));
    const address = {
      host: running.host,
      port: running.port,
      user: EMBEDDED_USER,
      database: EMBEDDED_DATABASE,
      password: running.host.startsWith('/') ? undefined : fs.readFileSync(folder.password, 'utf8'),
    };
    const held = ticket;
    return {
      address,
      explain: (error) => explainFailure(folder, error),
      release: () => release(folder, held, now),
    };
  } catch (error) {
    ticket?.giveBack();
    throw folderError(error, root);
  } finally {
    turn.release();
  }
}

/** A server that runs already is started anew with another log, unless somebody uses it: then the next start brings it. */
async function prepareToFollow(folder: EmbeddedFolder, own: Ticket): Promise<void> {
  if (fs.existsSync(folder.followed)) return;
  fs.writeFileSync(folder.followed, '', { mode: PRIVATE_FILE });
  if (!othersLive(folder.users, own.file)) await stopPostmaster(folder);
}

function neighbours(folder: EmbeddedFolder, own: Ticket): Neighbours {
  return {
    none: () => !othersLive(folder.users, own.file),
    elsewhere: () => foreignUser(folder.users, own.file),
  };
}

/** Whether an embedded server was ever made below `root`. */
export function embeddedServerExists(root: string): boolean {
  return fs.existsSync(path.join(root, 'data'));
}

function openFolder(root: string): EmbeddedFolder {
  try {
    return prepareFolder(root);
  } catch (error) {
    throw folderError(error, root);
  }
}

async function release(folder: EmbeddedFolder, ticket: Ticket, now: Date): Promise<void> {
  ticket.stopHeartbeat();
  if (!fs.existsSync(folder.users)) throw removedMeanwhile(folder);
  const turn = await takeTurn(folder, now);
  try {
    ticket.giveBack();
    if (!othersLive(folder.users, ticket.file)) await stopPostmaster(folder);
  } finally {
    turn.release();
  }
}

async function takeTurn(folder: EmbeddedFolder, now: Date, signal?: AbortSignal): Promise<HeldLock> {
  const outcome = await acquireLock(folder.lock, {
    waitMs: TURN_WAIT_MS,
    pollMs: 15,
    now,
    ...(signal ? { signal } : {}),
  });
  if (isHeldLock(outcome)) return outcome;
  throw new FinanceDbError(
    'PG_EMBEDDED',
    `process ${outcome.pid} on ${outcome.host} has been starting the embedded server for too long`,
    {
      remedy: `see ${folder.log}; if that process is stuck, end it`,
    },
  );
}
