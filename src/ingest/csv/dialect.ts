import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { amountParts } from './amount.ts';
import { possibleFormats } from './dateEvidence.ts';
import { type BankRecord, BankRecords } from './records.ts';
import { isColumnName } from './vocabulary.ts';

const DELIMITERS = [';', ',', '\t', '|', '^', '~'];
const LOOK_AT = 300;

/** How the text of a file is cut into records. */
export interface Dialect {
  readonly delimiter: string;
  /** The records of the beginning. */
  readonly records: readonly BankRecord[];
  /** Which of them is the header, or -1. */
  readonly header: number;
}

/** Finds delimiter and header in the beginning of a file: the delimiter that makes the most rows with a date and an amount. */
export function findDialect(head: string, final: boolean): Dialect {
  let best: { dialect: Dialect; score: number } | null = null;
  for (const delimiter of DELIMITERS) {
    const records = recordsOf(head, delimiter, final);
    const widths = records.slice(0, LOOK_AT).map(({ fields }) => fields.length);
    const width = mode(widths);
    if (width < 2) continue;
    const steady = widths.filter((one) => one === width).length / widths.length;
    const rows = records.slice(0, LOOK_AT).filter(isRow).length;
    const score = (rows / Math.max(1, Math.min(records.length, LOOK_AT))) * 100 + steady * Math.min(width, 20);
    if (best === null || score > best.score)
      best = { dialect: { delimiter, records, header: headerAt(records, width) }, score };
  }
  return best?.dialect ?? { delimiter: ',', records: recordsOf(head, ',', final), header: -1 };
}

function recordsOf(head: string, delimiter: string, final: boolean): BankRecord[] {
  const reader = new BankRecords('', delimiter);
  try {
    return reader.push(head, final);
  } catch (error) {
    // Quotes that do not close belong to another delimiter.
    if (isFinanceDbError(error)) return [];
    throw error;
  }
}

/** Whether a record has a date and, elsewhere, an amount. */
export function isRow({ fields }: BankRecord): boolean {
  const dates = fields.map((cell) => possibleFormats(cell).some((format) => format !== 'excel'));
  return (
    dates.includes(true) &&
    fields.some((cell, at) => !dates[at] && cell.trim() !== '' && amountParts(cell.trim()) !== null)
  );
}

/** The record whose cells are names of columns; else a first record of words above rows of as many cells. */
function headerAt(records: readonly BankRecord[], width: number): number {
  let [best, most] = [-1, 1];
  const top = records.slice(0, 100);
  for (const [index, { fields }] of top.entries()) {
    if (!areWords(fields)) continue;
    const names = fields.filter((cell) => cell.trim() !== '' && isColumnName(cell)).length;
    // The first of equals: a header that is repeated later on.
    if (names > most) [best, most] = [index, names];
  }
  if (best >= 0) return best;
  const [first, second] = records;
  if (first === undefined || second === undefined) return -1;
  const filled = first.fields.every((cell, at) => cell.trim() !== '' || at === first.fields.length - 1);
  return filled && first.fields.length === width && areWords(first.fields) && isRow(second) ? 0 : -1;
}

function areWords(fields: readonly string[]): boolean {
  const filled = fields.map((cell) => cell.trim()).filter((cell) => cell !== '');
  return (
    filled.length >= 2 &&
    filled.every(
      (cell) =>
        /\p{L}/u.test(cell) && cell.length <= 80 && possibleFormats(cell).length === 0 && amountParts(cell) === null,
    )
  );
}

function mode(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let [best, most] = [0, 0];
  for (const [value, count] of counts)
    if (count > most || (count === most && value > best)) [best, most] = [value, count];
  return best;
}
