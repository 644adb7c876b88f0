import { dayText, fullYear } from '../days.ts';

/**
 * How a file writes dates. The letters give the order; any mark may stand between, months may be words, the year has two or four
 * digits, a time may follow. Without marks between: YYYYMMDD, YYMMDD, DDMMYYYY, MMDDYYYY. `excel`: days since 1899-12-30.
 */
export const DATE_FORMATS = ['DMY', 'MDY', 'YMD', 'YYYYMMDD', 'YYMMDD', 'DDMMYYYY', 'MMDDYYYY', 'excel'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

export interface DateAndTime {
  readonly date: string;
  /** `HH:MM:SS` where the cell has a time. */
  readonly time: string | null;
}

const PARTS =
  /^'?(?:[A-Za-z\u00c0-\u017f]{2,10}\.?,? )?(\d{1,4}|[A-Za-z\u00c0-\u017f]{3,12})\.?(?:[-/. \u00a0]|(?<=\d)(?=[A-Za-z])|, )[ \u00a0]?(\d{1,2}|[A-Za-z\u00c0-\u017f]{3,12})\.?,?(?:[-/. \u00a0]|(?<=[A-Za-z]))[ \u00a0]?(\d{1,4})\.?(?:[T ,]+(.+))?$/;
const COMPACT = /^'?(\d{8}|\d{6})(?:T?(\d{6})?(?:\.\d+)?(?:\[.*\])?|[T ](\d{1,2}:\d\d.*))$/;
const TIME =
  /^(\d{1,2})[:.h](\d\d)(?:[:.m](\d\d))?(?:[.,]\d+)?\s*([AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[A-Z]{2,5}|[+-]\d\d:?\d\d)?$/;

/**
 * Months by the letters that they begin with: English, German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian, Polish,
 * Czech, Slovak, Hungarian, Finnish, Turkish. No Croatian: its listopad is October, elsewhere it is November.
 */
const MONTHS: readonly (readonly string[])[] = [
  ['jan', 'jän', 'ene', 'gen', 'sty', 'led', 'tam', 'oca'],
  ['feb', 'fev', 'fév', 'lut', 'úno', 'uno', 'hel', 'şub'],
  ['mar', 'mär', 'már', 'mrz', 'maa', 'mrt', 'mrc', 'bře', 'bre'],
  ['apr', 'avr', 'abr', 'ápr', 'kwi', 'dub', 'huh', 'nis'],
  ['may', 'mai', 'mag', 'mei', 'maj', 'máj', 'kvě', 'kve', 'tou'],
  ['jun', 'jún', 'giu', 'cze', 'čer', 'cer', 'kes', 'haz', 'juin'],
  ['jul', 'júl', 'lug', 'lip', 'hei', 'tem', 'juil'],
  ['aug', 'ago', 'aoû', 'aou', 'sie', 'srp', 'elo', 'ağu'],
  ['sep', 'set', 'wrz', 'zář', 'zar', 'syy', 'eyl', 'sze'],
  ['oct', 'okt', 'out', 'ott', 'paź', 'paz', 'říj', 'rij', 'lok', 'eki'],
  ['nov', 'lis', 'kas'],
  ['dec', 'dez', 'dic', 'déc', 'gru', 'pro', 'jou', 'ara'],
];

/** The number of the month of that name, or null. */
export function monthNumber(name: string): number | null {
  const lower = name.toLowerCase();
  if (lower.startsWith('marras')) return 11;
  if (/^[čc]ervenc|^[čc]ervenec/.test(lower)) return 7;
  const found = MONTHS.findIndex((names) => names.some((start) => lower.startsWith(start)));
  return found < 0 ? null : found + 1;
}

/** Reads the cells of a date column; the last answer is kept, since dates stand in runs. */
export function dateReader(format: DateFormat): (cell: string) => DateAndTime | null {
  let lastCell = '';
  let last: DateAndTime | null = null;
  return (cell) => {
    if (cell !== lastCell) {
      last = readDate(cell, format);
      lastCell = cell;
    }
    return last;
  };
}

/** The date (and time) of a cell read in that format, or null when there is no such date. */
export function readDate(cell: string, format: DateFormat): DateAndTime | null {
  const text = cell.trim();
  if (format === 'excel') return excelDate(text);
  if (format === 'DMY' || format === 'MDY' || format === 'YMD') {
    const parts = dateParts(text);
    if (parts === null) return null;
    const [year, month, day] = arranged(parts.parts, format);
    // 1.2.3 is no date; 1-Nov-3 is one.
    if (
      parts.parts.every((part) => /^\d{1,2}$/.test(part)) &&
      parts.parts.some((part, at) => part.length === 1 && at === format.indexOf('Y'))
    )
      return null;
    return year === null || month === null ? null : withTime(dayText(year, month, day), parts.time);
  }
  const found = COMPACT.exec(text);
  const digits = found?.[1];
  if (found === null || digits?.length !== format.length) return null;
  const part = (letter: string): number => Number(digits.slice(format.indexOf(letter), format.lastIndexOf(letter) + 1));
  const year = format === 'YYMMDD' ? fullYear(part('Y')) : part('Y');
  const compactTime =
    found[2] === undefined ? null : `${found[2].slice(0, 2)}:${found[2].slice(2, 4)}:${found[2].slice(4)}`;
  return withTime(dayText(year, part('M'), part('D')), found[3] ?? compactTime);
}

/** The three parts of a date with marks between them, or null. */
export function dateParts(
  cell: string,
): { readonly parts: readonly [string, string, string]; readonly time: string | null } | null {
  const found = PARTS.exec(cell);
  if (found === null) return null;
  const [, first = '', second = '', third = '', time] = found;
  if (time !== undefined && timeText(time) === null) return null;
  return { parts: [first, second, third], time: time ?? null };
}

function arranged(
  [first, second, third]: readonly [string, string, string],
  format: 'DMY' | 'MDY' | 'YMD',
): [number | null, number | null, number] {
  if (format === 'YMD') return [yearOf(first), monthOf(second), dayOf(third)];
  if (format === 'DMY') return [yearOf(third), monthOf(second), dayOf(first)];
  return [yearOf(third), monthOf(first), dayOf(second)];
}

/** A year of one digit is what some programs make of 09. */
function yearOf(text: string): number | null {
  if (/^\d{4}$/.test(text)) return Number(text);
  return /^\d\d?$/.test(text) ? fullYear(Number(text)) : null;
}

function monthOf(text: string): number | null {
  return /^\d{1,2}$/.test(text) ? Number(text) : /^\d/.test(text) ? null : monthNumber(text);
}

function dayOf(text: string): number {
  return /^\d{1,2}$/.test(text) ? Number(text) : 0;
}

/** Excel counts 1900 as a leap year: right from 1900-03-01 on. A fraction is the time of day. */
function excelDate(text: string): DateAndTime | null {
  const found = /^(\d{5})(?:[.,](\d+))?$/.exec(text);
  if (found === null) return null;
  const serial = Number(found[1]);
  // Civil date from a count of days (Howard Hinnant's algorithm); 1899-12-30 is day -25569 of 1970-01-01.
  const days = serial - 25_569 + 719_468;
  const era = Math.floor(days / 146_097);
  const ofEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const dayOfYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const date = dayText(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
  if (date === null) return null;
  if (found[2] === undefined) return { date, time: null };
  const seconds = Math.round(Number(`0.${found[2]}`) * 86_400);
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    date,
    time:
      seconds >= 86_400
        ? null
        : `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`,
  };
}

function withTime(date: string | null, time: string | null): DateAndTime | null {
  if (date === null) return null;
  return { date, time: time === null ? null : timeText(time) };
}

/** `HH:MM:SS`, or null for what is no time of day. Zones are left out: the local time counts. */
export function timeText(text: string): string | null {
  const found = TIME.exec(text.trim());
  if (found === null) return null;
  const [, hourText = '', minute = '', second = '00', half] = found;
  let hour = Number(hourText);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  }
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return `${String(hour).padStart(2, '0')}:${minute}:${second}`;
}
