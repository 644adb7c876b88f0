import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isAlive, type ProcessIdentity, thisProcess } from '../files/processIdentity.ts';
import { lsnOf, parseLsn } from '../model/watermark.ts';
import { resolvedPath, writeWhole } from './followNote.ts';

/*
 * How a validation and a running follower meet at one position of the log, by files in FILE.work/meetings, each side writing its
 * own: the validation asks, the follower takes no further transaction and says so, the validation makes a slot and tells its
 * position, the follower publishes exactly there and says so, and the validation, which has the file open then, withdraws.
 * That both are there is told by the published file itself, not by these notes.
 */

/** What the validation asks for. */
interface Ask {
  readonly asker: ProcessIdentity;
  /** Where to meet; null while that is not known, and the follower is to wait. */
  readonly at: string | null;
}

/** What the follower answers: it waits; its file is there; or why it will not be. */
export interface MeetingAnswer {
  readonly state: 'waiting' | 'there' | 'refused';
  readonly why: string | null;
}

const ASK = '.ask.json';
const ANSWER = '.answer.json';

/** The side of a validation. */
export class AskedMeeting {
  private readonly base: string;
  private readonly asker: ProcessIdentity;

  /** Asks the follower of a file to wait. @param publishedPath the file that is followed */
  constructor(publishedPath: string, now: Date) {
    const folder = path.join(`${resolvedPath(publishedPath)}.work`, 'meetings');
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.base = path.join(folder, randomUUID());
    this.asker = thisProcess(now);
    this.write(null);
  }

  /** Tells where to meet. */
  tell(position: bigint): void {
    this.write(lsnOf(position));
  }

  /** What the follower has answered; null for nothing yet. */
  answer(): MeetingAnswer | null {
    return readJson<MeetingAnswer>(`${this.base}${ANSWER}`);
  }

  /** The follower may go on. */
  end(): void {
    for (const name of [ASK, ANSWER]) fs.rmSync(`${this.base}${name}`, { force: true });
  }

  private write(at: string | null): void {
    const ask: Ask = { asker: this.asker, at };
    writeWhole(`${this.base}${ASK}`, JSON.stringify(ask));
  }
}

/** The side of the follower: one meeting after the other. */
export class HeldMeeting {
  private constructor(private readonly base: string) {}

  /** The next that asks; null when nobody does. What dead ones left is removed. @param folder FILE.work */
  static find(folder: string): HeldMeeting | null {
    const place = path.join(folder, 'meetings');
    if (!fs.existsSync(place)) return null;
    for (const name of fs.readdirSync(place).sort()) {
      if (!name.endsWith(ASK)) continue;
      const meeting = new HeldMeeting(path.join(place, name.slice(0, -ASK.length)));
      if (meeting.asked() === null) meeting.clear();
      else if (readJson(`${meeting.base}${ANSWER}`) === null) return meeting;
    }
    return null;
  }

  /** What is asked now; null when the asker has withdrawn or is dead. */
  asked(): { readonly at: bigint | null } | null {
    const ask = readJson<Ask>(`${this.base}${ASK}`);
    if (ask === null || isAlive(ask.asker) === false) return null;
    return { at: ask.at === null ? null : parseLsn(ask.at) };
  }

  say(state: MeetingAnswer['state'], why: string | null = null): void {
    // Whoever has withdrawn reads no answer.
    if (fs.existsSync(`${this.base}${ASK}`)) writeWhole(`${this.base}${ANSWER}`, JSON.stringify({ state, why }));
  }

  /** Removes what is left of it. */
  clear(): void {
    for (const name of [ASK, ANSWER]) fs.rmSync(`${this.base}${name}`, { force: true });
  }
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
