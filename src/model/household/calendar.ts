/** Days are counted from 1970-01-01; everything here is UTC arithmetic on whole days. */
export type Day = number;

const MS_PER_DAY = 86_400_000;

export interface DayParts {
  readonly day: Day;
  /** `2026-10-31` */
  readonly iso: string;
  /** Months since year 0, for comparing and counting months. */
  readonly month: number;
  readonly dayOfMonth: number;
  readonly daysInMonth: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

export function dayOf(iso: string): Day {
  return Date.parse(`${iso}T00:00:00Z`) / MS_PER_DAY;
}

export function partsOf(day: Day): DayParts {
  const date = new Date(day * MS_PER_DAY);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return {
    day,
    iso: date.toISOString().slice(0, 10),
    month: year * 12 + month,
    dayOfMonth: date.getUTCDate(),
    daysInMonth: new Date(Date.UTC(year, month + 1, 0)).getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

/** Whether something due on `dueDay` of each month falls on this day; months too short for it have it on their last. */
export function isDue(parts: DayParts, dueDay: number): boolean {
  return parts.dayOfMonth === Math.min(dueDay, parts.daysInMonth);
}

/** Whether something due on `dueDay`, but paid on the working day before a weekend, falls on this day. */
export function isDueOnWorkday(parts: DayParts, dueDay: number): boolean {
  if (parts.weekday === 0 || parts.weekday === 6) return false;
  const target = Math.min(dueDay, parts.daysInMonth);
  const ahead = target - parts.dayOfMonth;
  // On a Friday also what is due on Saturday or Sunday.
  return ahead === 0 || (parts.weekday === 5 && (ahead === 1 || ahead === 2));
}
