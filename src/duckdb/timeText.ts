import { DuckDBDateValue, DuckDBTimestampTZValue, DuckDBTimestampValue } from '@duckdb/node-api';

const MICROS_PER_DAY = 86_400_000_000;
/** Days from 0001-01-01 to 9999-12-31, whose text is plain ISO; others are left to DuckDB's own writing. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

let lastDay = Number.NaN;
let lastDayText = '';

/** `2024-03-01` of the days since 1970. Consecutive rows often share their day, so the last one is remembered. */
export function dateText(days: number): string {
  if (days === lastDay) return lastDayText;
  const text =
    days >= FIRST_DAY && days <= LAST_DAY
      ? isoDate(days)
      : // Infinity and years that ISO has no plain form for.
        String(new DuckDBDateValue(days));
  lastDay = days;
  lastDayText = text;
  return text;
}

function isoDate(days: number): string {
  const date = new Date(days * 86_400_000);
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

/**
 * `2024-03-01 10:00:00[.123456]` of the microseconds since 1970.
 * @param micros exact: at most 2^53 in size.
 * @param zone appended to finite timestamps ('+00:00' for TIMESTAMPTZ, which is shown in UTC).
 */
export function timestampText(micros: number, zone: string): string {
  const days = Math.floor(micros / MICROS_PER_DAY);
  if (days < FIRST_DAY || days > LAST_DAY) return farTimestampText(BigInt(micros), zone);
  return `${dateText(days)} ${clockText(micros - days * MICROS_PER_DAY)}${zone}`;
}

/** Timestamps beyond exact JavaScript numbers, and the infinities. */
export function farTimestampText(micros: bigint, zone: string): string {
  return String(zone === '' ? new DuckDBTimestampValue(micros) : new DuckDBTimestampTZValue(micros));
}

/** `10:00:00[.123456]` of the microseconds since midnight; zeros at the end of the fraction are dropped. */
export function clockText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
