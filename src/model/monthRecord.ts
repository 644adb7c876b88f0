/** Rows of a month of a table. */
export interface MonthCount {
  /** Months since 1970 as a text; `none` for rows without a time, `all` for the rows of a table without months. */
  readonly month: string;
  readonly rows: bigint;
}

/** Rows of a month behind a change: those that came by it apart. */
export interface CountedMonth extends MonthCount {
  readonly fresh: bigint;
}

/** What is known of when months changed last: which of them are as they were in an earlier state of the table. */
export interface MonthRecord {
  /** The number of the oldest state that it reaches back to; the others follow. */
  readonly first: number;
  /** These states by their names, older first; the last is that of the file. */
  readonly states: readonly string[];
  /** Of each month: how many rows it has, and the number of the state with which it changed last. */
  readonly months: readonly (readonly [month: string, rows: string, changed: number])[];
}

/** By the oid of the table. */
export type MonthsDocument = Record<string, MonthRecord>;

/** So many states are remembered; who knows an older one looks at all rows. */
const MOST_STATES = 100;
/** Tables with more months than this are not worth it. */
const MOST_MONTHS = 5_000;

/** The name of a state of a table: two of the same name have the same rows. */
export function stateName(snapshot: string, syncedAt: string): string {
  return `${snapshot} ${syncedAt}`;
}

/** A record that begins: of what the table has now. */
export function newRecord(state: string, counts: readonly MonthCount[]): MonthRecord | null {
  if (counts.length > MOST_MONTHS) return null;
  return { first: 0, states: [state], months: counts.map(({ month, rows }) => [month, String(rows), 0]) };
}

/**
 * The record after a change that took rows out and put rows in, and altered none in its place. The rows of a month that were there
 * before are some of those that it had: if they are as many, they are the same.
 * @param counted null when nothing was taken out or put in
 * @returns null when the counts contradict the record
 */
export function continued(
  before: MonthRecord,
  state: string,
  counted: readonly CountedMonth[] | null,
): MonthRecord | null {
  const number = before.first + before.states.length;
  const known = new Map(before.months.map((month) => [month[0], month]));
  const months: [string, string, number][] =
    counted === null ? before.months.map(([month, rows, changed]) => [month, rows, changed]) : [];
  for (const { month, rows, fresh } of counted ?? []) {
    const [, had = '0', changed = number] = known.get(month) ?? [];
    const stayed = rows - fresh;
    if (stayed > BigInt(had)) return null;
    months.push([month, String(rows), fresh === 0n && stayed === BigInt(had) ? changed : number]);
  }
  if (months.length > MOST_MONTHS) return null;
  const states = [...before.states, state];
  const forgotten = Math.max(0, states.length - MOST_STATES);
  return { first: before.first + forgotten, states: states.slice(forgotten), months };
}

/**
 * Which months have the rows that they had in an earlier state, and which may have others.
 * @param now the state that the record has to be of
 * @returns null when the record is of another state, or does not reach back so far
 */
export function monthsSince(
  record: MonthRecord,
  earlier: string,
  now: string,
): (MonthCount & { readonly touched: boolean })[] | null {
  const index = record.states.lastIndexOf(earlier);
  if (index === -1 || record.states.at(-1) !== now) return null;
  return record.months.map(([month, rows, changed]) => ({
    ...{ month, rows: BigInt(rows) },
    touched: changed > record.first + index,
  }));
}
