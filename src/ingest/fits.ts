import { badValue } from './problem.ts';
import type { StatementEntry, StatementEvent } from './statement.ts';

/** What a column of PostgreSQL holds: numeric(precision, scale). */
export interface NumericColumn {
  readonly precision: number;
  readonly scale: number;
}

/**
 * Passes the events on, each entry's amount with exactly the column's decimals (`8.850` as `8.85`, `5` as `5.00`).
 * @param file its name, for messages
 * @throws FinanceDbError BAD_INPUT for an amount that the column cannot hold exactly, and for a NUL character, which no
 *   text of PostgreSQL holds
 */
export function* fitting(
  file: string,
  events: Iterable<StatementEvent>,
  column: NumericColumn,
): Generator<StatementEvent> {
  for (const event of events) {
    if (event.kind !== 'entry') {
      yield event;
      continue;
    }
    const amount = fittingNumeral(event.amount, column);
    if (amount === null)
      throw badValue(
        file,
        event.place,
        'amount',
        event.amount,
        `it does not fit numeric(${column.precision},${column.scale}) exactly`,
      );
    refuseNul(file, event);
    yield amount === event.amount ? event : { ...event, amount };
  }
}

/** The numeral with exactly the column's decimals, or null when it would have to be rounded or is too large. */
export function fittingNumeral(numeral: string, { precision, scale }: NumericColumn): string | null {
  const point = numeral.indexOf('.');
  // Nearly all are so already.
  if (scale > 0 && point > 0 && numeral.length === point + 1 + scale && point <= precision - scale) return numeral;
  const whole = point < 0 ? numeral : numeral.slice(0, point);
  const fraction = point < 0 ? '' : numeral.slice(point + 1);
  if (whole.replace(/^-?0*/, '').length > precision - scale) return null;
  if (/[^0]/.test(fraction.slice(scale))) return null;
  return scale === 0 ? whole : `${whole}.${fraction.slice(0, scale).padEnd(scale, '0')}`;
}

const TEXT_FIELDS = [
  'text',
  'payee',
  'counterAccount',
  'bankId',
  'code',
  'city',
  'state',
  'category',
  'subcategory',
] as const;

function refuseNul(file: string, entry: StatementEntry): void {
  for (const field of TEXT_FIELDS) {
    const value = entry[field];
    if (value?.includes('\0'))
      throw badValue(file, entry.place, field, value, 'a NUL character, which PostgreSQL cannot store');
  }
}
