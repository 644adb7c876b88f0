import { joinedText, textOrNull } from '../freeText.ts';
import { compareNumerals, Sum } from '../numeral.ts';
import { badValue } from '../problem.ts';
import type { Place, StatementEntry } from '../statement.ts';
import type { QifField } from './qifRecords.ts';
import { type QifStyle, qifAmount, qifDate } from './qifValues.ts';

/** The value of the first field of that letter, or null. */
export function fieldOf(fields: readonly QifField[], letter: string): string | null {
  return textOrNull(fields.find((field) => field.letter === letter)?.value);
}

/** @throws FinanceDbError BAD_INPUT for a missing or impossible amount */
export function qifRecordAmount(file: string, place: Place, fields: readonly QifField[], style: QifStyle): string {
  const field = fields.find(({ letter }) => letter === 'T') ?? fields.find(({ letter }) => letter === 'U');
  return amountOf(file, { ...place, line: field?.line ?? place.line }, field?.letter ?? 'T', field?.value ?? '', style);
}

/**
 * A record of an account as an entry.
 * @throws FinanceDbError BAD_INPUT for a missing or impossible date or amount, and for splits that do not add up
 */
export function qifEntry(file: string, place: Place, fields: readonly QifField[], style: QifStyle): StatementEntry {
  const written = fields.find(({ letter }) => letter === 'D');
  const date = qifDate(written?.value ?? '', style.dateOrder);
  if (date === null)
    throw badValue(
      file,
      { ...place, line: written?.line ?? place.line },
      'D',
      written?.value ?? '',
      `expected a day that exists, written as ${style.dateOrder}`,
    );
  const amount = qifRecordAmount(file, place, fields, style);
  checkSplits(file, place, fields, amount, style);
  const payee = fieldOf(fields, 'P');
  const texts = (letter: string) => fields.filter((field) => field.letter === letter).map(({ value }) => value);
  const transfer = transferAccount(fieldOf(fields, 'L'));
  return {
    kind: 'entry',
    place,
    date,
    time: null,
    valueDate: null,
    amount,
    currency: null,
    bankId: null,
    text: joinedText([payee, ...texts('M'), ...texts('A'), ...texts('E'), fieldOf(fields, 'N')]),
    payee,
    counterAccount: transfer,
    code: null,
    mcc: null,
    city: null,
    state: null,
    ...categoryOf(fields),
    original: null,
    balance: null,
  };
}

/** `[Savings]`: the account that a transfer goes to or comes from. */
export function transferAccount(category: string | null): string | null {
  return textOrNull(/^\[(.+)\]/.exec(category ?? '')?.[1]);
}

/** `Food:Dining/Class`; of a record that is split, that of all its parts where they share one. */
function categoryOf(fields: readonly QifField[]): Pick<StatementEntry, 'category' | 'subcategory'> {
  const own = fieldOf(fields, 'L');
  const parts = new Set(fields.filter(({ letter }) => letter === 'S').map(({ value }) => value));
  const [shared = null] = parts.size === 1 ? parts : [];
  const written = own ?? shared;
  if (written === null || transferAccount(written) !== null || /^-+\s*split\s*-+$/i.test(written))
    return { category: null, subcategory: null };
  const [category, ...deeper] = written.replace(/\/.*$/, '').split(':');
  return { category: textOrNull(category), subcategory: textOrNull(deeper.join(':')) };
}

function checkSplits(file: string, place: Place, fields: readonly QifField[], amount: string, style: QifStyle): void {
  if (!fields.some(({ letter }) => letter === 'S')) return;
  const parts = fields.filter(({ letter }) => letter === '$');
  if (parts.length === 0) return;
  const sum = new Sum();
  for (const { line, value } of parts) sum.add(amountOf(file, { ...place, line }, '$', value, style));
  if (compareNumerals(sum.toString(), amount) !== 0)
    throw badValue(file, place, 'T', amount, `its splits ($) come to ${sum.toString()}`);
}

function amountOf(file: string, place: Place, letter: string, text: string, style: QifStyle): string {
  const amount = qifAmount(text, style.decimalMark);
  if (amount === null)
    throw badValue(file, place, letter, text, `expected an amount such as -12${style.decimalMark}50`);
  return amount;
}
