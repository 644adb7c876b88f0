/** Seconds east of UTC that a zone's clocks showed at an instant, which is given in seconds since 1970. */
export type OffsetAt = (epochSeconds: number) => number;

/** What JavaScript's calendar reaches; beyond it a zone's last offset counts. */
const LAST_SECOND = 8.64e12;
/** Within such a piece of time a zone seldom changes its clocks; where it does, each instant is asked for. */
const PIECE = 900;

/** Whether a time zone of that name is known. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en-US', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

/** The offsets of a zone, remembered: the rows of a result lie close together. */
export function offsetsOf(timeZone: string): OffsetAt {
  if (timeZone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const ask = (seconds: number): number => {
    const within = Math.max(-LAST_SECOND, Math.min(LAST_SECOND, seconds));
    const [, sign, hours, minutes, rest = '0'] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(format.format(within * 1000)) ?? [];
    const size = hours === undefined ? 0 : Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
    return sign === '-' ? -size : size;
  };
  const known = new Map<number, number | null>();
  return (seconds) => {
    const piece = Math.floor(seconds / PIECE);
    let offset = known.get(piece);
    if (offset === undefined) {
      const [first, last] = [ask(piece * PIECE), ask(piece * PIECE + PIECE - 1)];
      offset = first === last ? first : null;
      known.set(piece, offset);
    }
    return offset ?? ask(Math.floor(seconds));
  };
}
