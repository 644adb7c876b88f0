import { FinanceDbError } from '../errors/financeDbError.ts';

/** A month, counted from year 0: year * 12 + (1 to 12) - 1. */
export type Month = number;

/** A child of a partitioned table, whatever lies below it. */
export interface Partition {
  readonly schema: string;
  readonly name: string;
  /** How PostgreSQL writes its bounds: `FOR VALUES FROM ('2024-01-01 00:00:00') TO (…)`, `DEFAULT` … */
  readonly bound: string;
  /** Its bounds, where it is a range of one column; `from` belongs to it and `to` does not. */
  readonly range: Range | null;
  readonly isDefault: boolean;
  /** A DETACH … CONCURRENTLY of it was begun and not ended. */
  readonly pending: boolean;
}

/** Bounds as texts of their type; null where there is none. */
export interface Range {
  readonly from: string | null;
  readonly to: string | null;
}

/** How the children of a table divide its rows. */
export interface Partitioning {
  /** The one plain column that ranges are of; null for lists, hashes, expressions and several columns. */
  readonly column: string | null;
  /** Its type, as format_type() writes it. */
  readonly type: string | null;
  readonly partitions: readonly Partition[];
}

/** The types of columns whose months can be partitions. */
const TIMES = new Set(['date', 'timestamp without time zone', 'timestamp with time zone']);

const BOUNDS = /^FOR VALUES FROM \((?:'([^']*)'|MINVALUE)\) TO \((?:'([^']*)'|MAXVALUE)\)$/;

/** Reads bounds of one column of a type whose texts are quoted; null for all others. */
export function parseRange(bound: string): Range | null {
  const match = BOUNDS.exec(bound);
  return match === null ? null : { from: match[1] ?? null, to: match[2] ?? null };
}

const FIRST_MOMENT = /^(\d{4,6})-(\d\d)-01(?: 00:00:00(?:\+00)?)?$/;

/** The month that begins at a bound, in UTC; null when none does. */
function monthAt(bound: string | null): Month | null {
  const match = bound === null ? null : FIRST_MOMENT.exec(bound);
  return match === null ? null : Number(match[1]) * 12 + Number(match[2]) - 1;
}

/** The month that a partition is, from its first moment to its last; null for any other. */
export function monthOf({ range }: Partition): Month | null {
  const [from, to] = [monthAt(range?.from ?? null), monthAt(range?.to ?? null)];
  return from !== null && to === from + 1 ? from : null;
}

/** The first month from `month` on that has no partition: one of a mistyped year, far ahead, is no help to the months before it. */
export function firstMissing({ partitions }: Partitioning, month: Month): Month {
  const made = new Set(partitions.map(monthOf));
  let first = month;
  while (made.has(first)) first++;
  return first;
}

/** Whether each partition but a default one is a month, so that the months that are missing can be made. */
export function isByMonth(partitioning: Partitioning): boolean {
  return (
    isByTime(partitioning) &&
    partitioning.partitions.every((partition) => partition.isDefault || monthOf(partition) !== null)
  );
}

/** Whether partitions are ranges of a time, so that they grow old. */
export function isByTime({ column, type }: Partitioning): boolean {
  return column !== null && TIMES.has(type ?? '');
}

/** Whether all of a partition lies before a day, `2024-03-10`, so that it may go. */
export function isBefore({ range }: Partition, day: string): boolean {
  const [, last = '', rest = ''] = /^(\d{4}-\d\d-\d\d)(?: ([\d:.+]+))?$/.exec(range?.to ?? '') ?? [];
  return last !== '' && (last < day || (last === day && /^(?:00:00:00(?:\+00)?)?$/.test(rest)));
}

const KEPT = /^\s*(\d{1,4})\s*(?:(d|days?)|(w|weeks?)|(mo|months?)|(y|years?))\s*$/i;

/**
 * The first day of what is kept: `90d`, `26w`, `24mo`, `7y` before today, in UTC; days that a month has not count as its last ones.
 * @throws FinanceDbError USAGE naming what is possible
 */
export function firstDayKept(span: string, now: Date): string {
  const [, digits = '', days, weeks, months, years] = KEPT.exec(span) ?? [];
  const count = Number(digits);
  if (count > 0) {
    const today = now.toISOString();
    if (days !== undefined || weeks !== undefined)
      return new Date(now.getTime() - count * (weeks === undefined ? 1 : 7) * 86_400_000).toISOString().slice(0, 10);
    const back = (months !== undefined ? 1 : years !== undefined ? 12 : 0) * count;
    if (back <= toMonth(today)) return `${monthText(toMonth(today) - back)}${today.slice(7, 10)}`;
  }
  throw new FinanceDbError(
    'USAGE',
    `--keep: expected a span such as 24mo, found ${JSON.stringify(span.slice(0, 80))}`,
    {
      remedy: 'possible are days (90d), weeks (26w), months (24mo) and years (7y)',
    },
  );
}

/** @param text a day or a time that begins with year and month: `2024-03…` */
export function toMonth(text: string): Month {
  const [year = '', month = ''] = text.split('-');
  return Number(year) * 12 + Number(month) - 1;
}

/** `2024-03`, or with another sign between: `2024_03`. */
export function monthText(month: Month, sign = '-'): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}${sign}${String((month % 12) + 1).padStart(2, '0')}`;
}

/** Where a month begins, as a literal of any of TIMES: in UTC, whatever the session's zone. */
export function monthBound(month: Month, type: string): string {
  return `${monthText(month)}-01${type === 'timestamp with time zone' ? ' 00:00:00+00' : ''}`;
}

/** A longer stretch without rows is left without partitions: one mistyped year would make hundreds of them. */
const LONGEST_GAP = 120;

/**
 * The months that a table should have: those of its rows, the current one and `ahead` more, and what lies between them.
 * @param held months that hold rows, or that are there
 * @returns in order, those of `held` among them
 */
export function monthsToCover(held: Iterable<Month>, now: Month, ahead: number): Month[] {
  const known = new Set(held);
  for (let month = now; month <= now + ahead; month++) known.add(month);
  const sorted = [...known].sort((a, b) => a - b);
  return sorted.flatMap((month, index) => {
    const next = sorted[index + 1] ?? month + 1;
    const between = next - month <= LONGEST_GAP ? next - month : 1;
    return Array.from({ length: between }, (_, step) => month + step);
  });
}

function nameLike(model: Partition, month: Month): string | null {
  const [year, number] = monthText(monthOf(model) ?? 0).split('-');
  const match = new RegExp(`^(.*)${year}([^0-9]?)${number}(\\D.*|(?:[^0-9]?01)?)$`, 's').exec(model.name);
  if (match === null) return null;
  const [, start = '', sign = '', end = ''] = match;
  return `${start}${monthText(month, sign)}${end}`;
}

/** NAMEDATALEN - 1: PostgreSQL cuts longer names without an error, so that two months could get one name. */
const LONGEST_NAME = 63;

/**
 * What to call the partition of a month: as the latest one is called, with its month in the place of that one's, so that what
 * made those, such as pg_partman, finds it by its own rule (`t_p2024_03`, `t_p20240301`); else `transactions_2024_03`.
 */
export function partitionName(table: string, month: Month, partitions: readonly Partition[] = []): string {
  const model = partitions.findLast((partition) => monthOf(partition) !== null);
  const told = model === undefined ? null : nameLike(model, month);
  if (told !== null) return told;
  const end = `_${monthText(month, '_')}`;
  let start = table;
  while (Buffer.byteLength(start + end) > LONGEST_NAME) start = [...start].slice(0, -1).join('');
  return start + end;
}
