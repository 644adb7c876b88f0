/** Days as whole numbers from 1970-01-01, and months as year * 12 + month from 0: the only forms that are reckoned with here. */
const DAY_MS = 86_400_000;

export function dayNumber(iso: string): number {
  return Math.round(Date.UTC(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)) - 1, Number(iso.slice(8, 10))) / DAY_MS);
}

export function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first day of a month. */
export function monthStart(month: number): number {
  return Math.round(Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY_MS);
}

/** `2026-11`. */
export function monthText(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
}

/** The same day so many months later, or the last of that month where it has no such day. */
export function addMonths(day: number, months: number): number {
  const month = monthOf(day);
  const target = month + months;
  const length = monthStart(target + 1) - monthStart(target);
  return monthStart(target) + Math.min(day - monthStart(month), length - 1);
}
