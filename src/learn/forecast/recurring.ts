import { dueDay, monthDayOf, type Rhythm } from './rhythm.ts';

/** How often something comes back, by the names and bounds of the report `recurring`. */
export interface Beat {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly slack: number;
  /** To the next: so many days, or so many months. */
  readonly days: number;
  readonly months: number;
  /** Days that the months of a forecast begin after those of the calendar: all its days are that much less. */
  readonly shift: number;
}

/** One payment of a group on a day. */
export interface Hit {
  readonly day: number;
  /** Exact numeral, as the file has it. */
  readonly amount: string;
  /** The same as a number, for what is only compared or estimated. */
  readonly value: number;
}

/** Payments between one account and one payee in one direction: all of them, or those of one amount. */
export interface HitGroup {
  readonly account: string | null;
  readonly payee: string;
  readonly category: string | null;
  readonly flow: 'income' | 'spending';
  /** Whose groups belong together: a group of all amounts comes before those of one. */
  readonly family: string;
  readonly oneAmount: boolean;
  /** In order of time. */
  readonly hits: readonly Hit[];
}

/** A group that comes back, as of a day. */
export interface Series {
  readonly group: HitGroup;
  readonly beat: Beat;
  /** Hits up to the day. */
  readonly hits: readonly Hit[];
  /** What it usually is: the last one where it is fixed, the median of the last six where it varies. */
  readonly usual: Hit;
  readonly fixed: boolean;
  readonly stopped: boolean;
}

/**
 * The groups that come back, judged by what was known up to the end of a day: the rules of the report `recurring`
 * (src/analytics/series.ts), here so that any past day can be judged without asking the database again.
 */
export function seriesUpTo(groups: readonly HitGroup[], day: number, beats: readonly Beat[]): Series[] {
  const accepted = groups.flatMap((group) => judge(group, day, beats) ?? []);
  const whole = new Set(accepted.filter(({ group }) => !group.oneAmount).map(({ group }) => group.family));
  return accepted.filter(({ group }) => !group.oneAmount || !whole.has(group.family));
}

function judge(group: HitGroup, day: number, beats: readonly Beat[]): Series | null {
  const hits = upTo(group.hits, day);
  if (hits.length < 2) return null;
  const gaps = hits.slice(1).map((hit, index) => hit.day - (hits[index] as Hit).day);
  const usualGap = [...gaps].sort((a, b) => a - b)[Math.ceil(gaps.length / 2) - 1] as number;
  const beat = beats.find(({ from, to }) => usualGap >= from && usualGap <= to);
  if (beat === undefined) return null;
  const onBeat = gaps.filter((gap) => Math.abs(gap - beat.step) <= beat.slack).length / gaps.length;
  if (onBeat < 0.6) return null;
  const steps = hits.slice(1).map((hit, index) => relativeStep(hit.value, (hits[index] as Hit).value));
  const changes = steps.filter((step) => step > 0.02).length;
  const fixed = changes <= Math.max(1, Math.floor((hits.length - 1) / 4));
  const sizes = hits.map(({ value }) => Math.abs(value)).sort((a, b) => a - b);
  const spread = (quantile(sizes, 0.75) - quantile(sizes, 0.25)) / quantile(sizes, 0.5);
  if (
    hits.length === 2
      ? !(beat.name === 'yearly' && spread <= 0.12)
      : !fixed && !varies(hits.length, beat, onBeat, spread, steps)
  )
    return null;
  const last = hits.at(-1) as Hit;
  const latest = hits.slice(-6).reverse();
  const byAmount = [...latest].sort((a, b) => a.value - b.value);
  return {
    group,
    beat,
    hits,
    usual: fixed ? last : (byAmount[Math.floor((byAmount.length + 1) / 2) - 1] as Hit),
    fixed,
    stopped: day > last.day + 2 * beat.step + beat.slack,
  };
}

function varies(count: number, beat: Beat, onBeat: number, spread: number, steps: readonly number[]): boolean {
  if (onBeat < 0.75) return false;
  if (beat.step < 27) return count >= 6 && spread <= 0.15;
  return (
    count >= 5 &&
    (spread <= 0.5 ||
      quantile(
        [...steps].sort((a, b) => a - b),
        0.5,
      ) <= 0.25)
  );
}

function relativeStep(value: number, before: number): number {
  return Math.abs(value - before) / Math.abs(before);
}

/** Those up to a day, by bisection: hits are in order of time. */
function upTo(hits: readonly Hit[], day: number): readonly Hit[] {
  let [low, high] = [0, hits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle] as Hit).day <= day) low = middle + 1;
    else high = middle;
  }
  return low === hits.length ? hits : hits.slice(0, low);
}

/** The value at a share of a sorted list, between its neighbours. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] as number;
  return low + ((sorted[Math.ceil(place)] as number) - low) * (place - Math.floor(place));
}

/** A payment that is expected. */
export interface Expected {
  readonly series: Series;
  readonly day: number;
  /** The day on which it should have come already; null where that is not over. */
  readonly overdueSince: number | null;
}

/**
 * When a series is expected after a day, up to another: on its beat from the last time on. One that is overdue by no more than its
 * slack is expected the next day; one that was missed is not made up for.
 */
export function expectedOf(series: Series, after: number, until: number): Expected[] {
  if (series.stopped) return [];
  const { slack, shift } = series.beat;
  const rhythm = rhythmOf(series);
  const expected: Expected[] = [];
  for (let count = 1; ; count++) {
    let day = dueDay(rhythm, count) - shift;
    let overdueSince: number | null = null;
    if (day <= after) {
      if (count > 1 || day + slack < after) continue;
      overdueSince = day;
      day = after + 1;
    }
    if (day > until) return expected;
    expected.push({ series, day, overdueSince });
  }
}

/** Times before the last that say which day of the month is meant. */
const LATEST = 6;

function rhythmOf({ beat, hits }: Series): Rhythm {
  const latest = hits.slice(-LATEST).map(({ day }) => day + beat.shift);
  const last = latest.at(-1) as number;
  const before = latest.at(-2) as number;
  const { days, months, step, slack } = beat;
  const twice = step === 15 && Math.abs(last - before - step) <= slack;
  const anchors = months > 0 ? [last] : twice ? [before, last] : [];
  return { last, days, months, monthDays: anchors.map((day) => monthDayOf(day, latest)) };
}
