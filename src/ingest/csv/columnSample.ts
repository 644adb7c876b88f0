import { amountParts } from './amount.ts';
import { possibleFormats, sensibleFormats } from './dateEvidence.ts';
import type { DateFormat } from './dates.ts';
import type { ColumnRole } from './profile.ts';
import type { BankRecord } from './records.ts';
import { type CellKind, isStatusWord, isUnbookedWord, MARK_PAIRS, rolesOf } from './vocabulary.ts';

/** What the first rows say about one column. */
export interface ColumnSample {
  /** From 0. */
  readonly position: number;
  /** Its name in the header; '' without one. */
  readonly name: string;
  readonly kind: CellKind;
  /** Share of the rows in which it has a value. */
  readonly filled: number;
  readonly distinct: ReadonlySet<string>;
  /** For dates: the formats in which nearly all cells can be read. */
  readonly formats: readonly DateFormat[];
  /** For numbers: whether they look like money (decimals, signs, currencies) and not like numbers of something. */
  readonly money: boolean;
  readonly negatives: number;
  /** Numbers that are neither zero nor missing, by row. */
  readonly used: readonly boolean[];
  readonly role: ColumnRole | null;
  /** For dates: how clearly the name means the booking. */
  readonly booking: number;
  /** The marks for debit and credit, if its values are such. */
  readonly marks: (typeof MARK_PAIRS)[number] | null;
}

const COMPACT: readonly DateFormat[] = ['YYYYMMDD', 'YYMMDD', 'DDMMYYYY', 'MMDDYYYY', 'excel'];

/** Looks at the columns of the first rows. */
export function sampleColumns(header: readonly string[] | null, rows: readonly BankRecord[]): ColumnSample[] {
  const width = Math.max(header?.length ?? 0, ...rows.map(({ fields }) => fields.length));
  return Array.from({ length: width }, (_, position) =>
    sampleColumn(
      position,
      header?.[position]?.trim() ?? '',
      rows.map(({ fields }) => (fields[position] ?? '').trim()),
    ),
  );
}

function sampleColumn(position: number, name: string, all: readonly string[]): ColumnSample {
  const cells = all.filter((cell) => cell !== '');
  const share = (test: (cell: string) => boolean): number =>
    cells.length === 0 ? 0 : cells.filter(test).length / cells.length;
  const formats = dateFormats(name, cells);
  const numbers = share((cell) => amountParts(cell) !== null);
  const distinct = new Set(cells);
  const isCurrency =
    share((cell) => /^[A-Za-z]{3}$/.test(cell)) > 0.9 &&
    (rolesOf(name, 'currency').length > 0 ||
      (name === '' && [...distinct].every((cell) => KNOWN_CURRENCIES.has(cell))));
  const kind: CellKind =
    formats.length > 0
      ? 'date'
      : isCurrency
        ? 'currency'
        : numbers >= 0.9
          ? 'number'
          : cells.length === 0 && name !== ''
            ? emptyKind(name)
            : 'text';
  const roles = rolesOf(name, kind);
  const parts = kind === 'number' ? cells.map((cell) => amountParts(cell)) : [];
  return {
    position,
    name,
    kind,
    filled: all.length === 0 ? 0 : cells.length / all.length,
    distinct,
    formats,
    money:
      parts.some((one) => one !== null && (one.signed || one.currency !== null || /\d[.,]\d{1,2}$/.test(one.digits))) &&
      !cells.every((cell) => /^'?\d{7,}$/.test(cell)),
    negatives: parts.filter((one) => one?.negative && /[1-9]/.test(one.digits)).length,
    used: all.map((cell) => /[1-9]/.test(cell)),
    role: roleOf(name, kind, distinct),
    booking: kind === 'date' ? roles.filter((role) => role === 'date').length : 0,
    marks: kind === 'text' || kind === 'currency' ? marksOf(distinct) : null,
  };
}

/** The part that a column plays by its name; statuses are known by their values, too: `state` may be a place. */
function roleOf(name: string, kind: CellKind, distinct: ReadonlySet<string>): ColumnRole | null {
  const roles = rolesOf(name, kind);
  const values = [...distinct];
  const statuses = values.length > 0 && values.length <= 6 && values.every(isStatusWord);
  if (kind === 'text' && statuses && (roles.includes('status') || values.some(isUnbookedWord))) return 'status';
  if (/^(booking |transaction )?status$/i.test(name)) return 'status';
  return roles.find((role) => role !== 'status') ?? null;
}

/** A column of nothing may still be the one for money that comes. */
function emptyKind(name: string): CellKind {
  return rolesOf(name, 'number').some((role) => role === 'debit' || role === 'credit' || role === 'balance')
    ? 'number'
    : 'text';
}

function dateFormats(name: string, cells: readonly string[]): DateFormat[] {
  const counts = new Map<DateFormat, number>();
  for (const cell of cells)
    for (const format of possibleFormats(cell)) counts.set(format, (counts.get(format) ?? 0) + 1);
  const named = rolesOf(name, 'date').length > 0;
  const possible = [...counts]
    .filter(([format, count]) => {
      if (!COMPACT.includes(format)) return count >= cells.length * 0.8;
      // Digits alone are dates where the name says so; without a name, eight of them that all are.
      if (format === 'excel') return named && count >= cells.length * 0.95;
      return count >= cells.length * 0.95 && (named || (name === '' && format.length === 8));
    })
    .sort(([, left], [, right]) => right - left)
    .map(([format]) => format);
  return sensibleFormats(possible, cells);
}

function marksOf(distinct: ReadonlySet<string>): ColumnSample['marks'] {
  if (distinct.size === 0 || distinct.size > 4) return null;
  const values = [...distinct].map((value) => value.toUpperCase());
  return (
    MARK_PAIRS.find(({ debit, credit }) => values.every((value) => debit.includes(value) || credit.includes(value))) ??
    null
  );
}

/** ISO codes that a cell of three letters may be taken for. */
export const KNOWN_CURRENCIES: ReadonlySet<string> = new Set(
  'EUR USD GBP CHF CAD AUD NZD JPY CNY HKD SGD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH INR IDR THB MYR PHP KRW TWD ZAR BRL MXN ARS CLP COP PEN ILS AED SAR EGP MAD TND KES NGN GHS'.split(
    ' ',
  ),
);
