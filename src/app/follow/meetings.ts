import { HeldMeeting } from '../../duckdb/meeting.ts';

/** A meeting holds up the stream: whoever asks for one and falls asleep does not for ever. */
const LONGEST_MS = 90_000;

/**
 * Meetings with validations beside us. While one is on, no transaction is taken that was committed at or behind its position,
 * and none at all while the position is not known.
 */
export class Meetings {
  private meeting: HeldMeeting | null = null;
  private until = 0;
  private there = false;

  /** @param folder FILE.work */
  constructor(private readonly folder: string) {}

  /** Whether one is on. */
  get isOn(): boolean {
    return this.meeting !== null;
  }

  /** Looks whether somebody asks, or whether the one that is on has ended. */
  look(): void {
    if (this.meeting === null) {
      this.meeting = HeldMeeting.find(this.folder);
      this.until = performance.now() + LONGEST_MS;
      this.there = false;
      return;
    }
    if (this.meeting.asked() === null) this.leave();
    else if (performance.now() > this.until) this.refuse('it took too long');
  }

  /** Where to publish; null when no meeting is on, its position is not known, or the file is there already. */
  goal(): bigint | null {
    return this.there ? null : (this.meeting?.asked()?.at ?? null);
  }

  /** No transaction is taken from now on. */
  wait(): void {
    this.meeting?.say('waiting');
  }

  /** The published file is as of the position. */
  arrive(): void {
    this.there = true;
    this.meeting?.say('there');
  }

  /** The file will not be there; the stream goes on. */
  refuse(why: string): void {
    this.meeting?.say('refused', why);
    this.meeting = null;
  }

  private leave(): void {
    this.meeting?.clear();
    this.meeting = null;
  }
}
