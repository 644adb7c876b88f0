import { negated } from '../numeral.ts';
import { amountReader } from './amount.ts';
import type { ColumnPositions } from './columns.ts';
import type { ColumnRole, CsvProfile } from './profile.ts';

/** The signed amount of a row. */
export interface RowAmount {
  readonly numeral: string;
  /** Where the cell itself names one. */
  readonly currency: string | null;
}

/** Why a row has no amount. */
export interface AmountProblem {
  readonly role: ColumnRole;
  readonly value: string;
  readonly expectation: string;
}

/** The amount of a record by the sign rule; null where all of its cells are empty. */
export type RowAmountReader = (fields: readonly string[]) => RowAmount | AmountProblem | null;

export function isProblem(amount: RowAmount | AmountProblem): amount is AmountProblem {
  return 'expectation' in amount;
}

/** Makes the reader of amounts for one file. */
export function rowAmountReader({ sign, numbers }: CsvProfile, { at }: Pick<ColumnPositions, 'at'>): RowAmountReader {
  const read = amountReader(numbers);
  const expectation = `no amount (its decimal mark is ${JSON.stringify(numbers.decimalMark)} by the profile)`;
  if (sign === 'columns' || sign === 'signedColumns') {
    return (fields) => {
      const debit = cellOf(fields, at.debit);
      const credit = cellOf(fields, at.credit);
      const taken = debit === '' ? null : read(debit);
      if (taken === null && debit !== '') return { role: 'debit', value: debit, expectation };
      const given = credit === '' ? null : read(credit);
      if (given === null && credit !== '') return { role: 'credit', value: credit, expectation };
      const debited =
        taken === null ? null : { ...taken, numeral: sign === 'columns' ? negated(taken.numeral) : taken.numeral };
      if (debited === null || given === null) return debited ?? given;
      if (!/[1-9]/.test(debited.numeral)) return given;
      if (!/[1-9]/.test(given.numeral)) return debited;
      return {
        role: 'credit',
        value: credit,
        expectation: `the row has a debit (${debit}) as well: one of both counts`,
      };
    };
  }
  if (typeof sign === 'object') {
    const marks = new Map<string, boolean>();
    for (const mark of sign.debit) marks.set(mark.trim().toLowerCase(), true);
    for (const mark of sign.credit) marks.set(mark.trim().toLowerCase(), false);
    const known = [...sign.debit, ...sign.credit].map((mark) => JSON.stringify(mark)).join(', ');
    return (fields) => {
      const cell = cellOf(fields, at.amount);
      if (cell === '') return null;
      const amount = read(cell);
      if (amount === null) return { role: 'amount', value: cell, expectation };
      const mark = fields[at.mark] ?? '';
      const debit = marks.get(mark) ?? marks.get(mark.trim().toLowerCase());
      if (debit === undefined)
        return { role: 'mark', value: mark, expectation: `the marks of the profile are ${known}` };
      return debit ? { numeral: negated(amount.numeral), currency: amount.currency } : amount;
    };
  }
  return (fields) => {
    const cell = cellOf(fields, at.amount);
    if (cell === '') return null;
    const amount = read(cell);
    if (amount === null) return { role: 'amount', value: cell, expectation };
    return sign === 'inverted' ? { numeral: negated(amount.numeral), currency: amount.currency } : amount;
  };
}

function cellOf(fields: readonly string[], position: number): string {
  const cell = fields[position];
  if (cell === undefined || cell === '') return '';
  return cell.charCodeAt(0) <= 0x20 ? cell.trim() : cell;
}
