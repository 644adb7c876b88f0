import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isAlive, type ProcessIdentity, thisProcess } from '../../files/processIdentity.ts';

/** A user on another host (a container that shares the folder) that did not touch its ticket for so long is gone. */
const FOREIGN_STALE_MS = 120_000;
const HEARTBEAT_MS = 20_000;

/** One command's use of the server: a file that names its process. */
export interface Ticket {
  readonly file: string;
  stopHeartbeat(): void;
  giveBack(): void;
}

/** Leaves this process's ticket in the folder of users. */
export function takeTicket(users: string, now: Date): Ticket {
  const file = path.join(users, `${process.pid}-${randomUUID()}.json`);
  fs.writeFileSync(file, JSON.stringify(thisProcess(now)), { mode: 0o600 });
  const heartbeat = setInterval(() => {
    // A ticket that is gone is nobody's to touch.
    fs.promises.utimes(file, new Date(), new Date()).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    file,
    stopHeartbeat: () => clearInterval(heartbeat),
    giveBack: () => {
      clearInterval(heartbeat);
      fs.rmSync(file, { force: true });
    },
  };
}

/** Whether another command uses the server; removes the tickets of those that are gone. */
export function othersLive(users: string, own: string): boolean {
  return livingOthers(users, own).length > 0;
}

/** The host of a living user elsewhere: a container, say, that shares the folder and has processes of its own. */
export function foreignUser(users: string, own: string): string | null {
  return livingOthers(users, own).find(({ host }) => host !== os.hostname())?.host ?? null;
}

function livingOthers(users: string, own: string): ProcessIdentity[] {
  return fs.readdirSync(users).flatMap((name) => {
    const file = path.join(users, name);
    if (file === own) return [];
    const user = livingUser(file);
    if (user === null) fs.rmSync(file, { force: true });
    return user === null ? [] : [user];
  });
}

function livingUser(ticket: string): ProcessIdentity | null {
  try {
    const user = JSON.parse(fs.readFileSync(ticket, 'utf8')) as ProcessIdentity;
    const alive = isAlive(user) ?? Date.now() - fs.statSync(ticket).mtimeMs < FOREIGN_STALE_MS;
    return alive ? user : null;
  } catch {
    // Torn by a crash: nobody's.
    return null;
  }
}
