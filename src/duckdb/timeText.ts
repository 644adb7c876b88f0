import type { OffsetAt } from '../model/timeZone.ts';

const MICROS_PER_DAY = 86_400_000_000;
/** DuckDB's infinities: the largest date and timestamp, and their negatives. */
const INFINITE_DAY = 2_147_483_647;
const INFINITE_MICROS = 9_223_372_036_854_775_807n;

let lastDay = Number.NaN;
let lastDayText = '';

/**
 * The date that is so many days after 1970-01-01, as DuckDB writes it: `2024-03-01`, `0044-03-15 (BC)`, `infinity`.
 * Consecutive rows often share their day, so the last one is remembered.
 */
export function dateText(days: number): string {
  if (days === lastDay) return lastDayText;
  const text = Math.abs(days) === INFINITE_DAY ? infinity(days < 0) : calendarText(days);
  lastDay = days;
  lastDayText = text;
  return text;
}

/** The Gregorian calendar in rounds of 400 years, as far as DuckDB's dates go and JavaScript's do not. */
function calendarText(days: number): string {
  const ROUND = 146_097;
  const round = Math.floor(days / ROUND);
  const date = new Date((days - round * ROUND) * 86_400_000);
  const year = date.getUTCFullYear() + round * 400;
  const digits = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${digits}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}${year > 0 ? '' : ' (BC)'}`;
}

/**
 * `2024-03-01 10:00:00[.123456][+00:00]` of the microseconds since 1970, exact numbers or not.
 * @param offsetAt for TIMESTAMPTZ the zone to show it in; null for TIMESTAMP
 */
export function timestampText(micros: number | bigint, offsetAt: OffsetAt | null): string {
  if (typeof micros === 'bigint' && (micros === INFINITE_MICROS || micros === -INFINITE_MICROS))
    return infinity(micros < 0n);
  let days: number;
  let rest: number;
  if (typeof micros === 'number') {
    days = Math.floor(micros / MICROS_PER_DAY);
    rest = micros - days * MICROS_PER_DAY;
  } else {
    const day = BigInt(MICROS_PER_DAY);
    rest = Number(((micros % day) + day) % day);
    days = Number((micros - BigInt(rest)) / day);
  }
  if (offsetAt === null) return `${dateText(days)} ${clockText(rest)}`;
  const offset = offsetAt(days * 86_400 + Math.floor(rest / 1_000_000));
  const local = rest + offset * 1_000_000;
  const carried = Math.floor(local / MICROS_PER_DAY);
  return `${dateText(days + carried)} ${clockText(local - carried * MICROS_PER_DAY)}${offsetText(offset)}`;
}

/** `+05:30`; seconds where a zone had them, before there were zones. */
function offsetText(offset: number): string {
  const size = Math.abs(offset);
  const text = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}`;
  return size % 60 === 0 ? text : `${text}:${two(size % 60)}`;
}

/** `10:00:00[.123456]` of the microseconds since midnight; zeros at the end of the fraction are dropped. */
export function clockText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function infinity(negative: boolean): string {
  return negative ? '-infinity' : 'infinity';
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
