import { idOrNull, joinedText, textOrNull } from '../freeText.ts';
import { accountId } from '../iban.ts';
import { plainAmount } from '../plainAmount.ts';
import { badValue } from '../problem.ts';
import type { Place, StatementAccount, StatementEntry } from '../statement.ts';
import { beforeConversion, ofxDate } from './ofxValues.ts';

/** Values by name, those of an aggregate within as `PAYEE.NAME`, with the line each stands on. */
export class OfxFields {
  private readonly values = new Map<string, { text: string; line: number }>();

  set(name: string, text: string, line: number): void {
    if (!this.values.has(name)) this.values.set(name, { text, line });
  }

  /** The value with single white space, or null where there is none. */
  get(name: string): string | null {
    return textOrNull(this.values.get(name)?.text);
  }

  line(name: string): number | null {
    return this.values.get(name)?.line ?? null;
  }
}

/** @throws FinanceDbError BAD_INPUT for a missing or impossible amount */
export function ofxAmount(file: string, place: Place, fields: OfxFields): string {
  const text = fields.get('TRNAMT') ?? '';
  const amount = plainAmount(text);
  if (amount === null)
    throw badValue(file, at(place, fields, 'TRNAMT'), 'TRNAMT', text, 'expected an amount such as -12.50');
  return amount;
}

/**
 * A STMTTRN as an entry.
 * @param currency the statement's
 * @throws FinanceDbError BAD_INPUT for a missing or impossible date or amount
 */
export function ofxEntry(file: string, place: Place, fields: OfxFields, currency: string | null): StatementEntry {
  const written = fields.get('DTPOSTED') ?? '';
  const posted = ofxDate(written);
  if (posted === null)
    throw badValue(
      file,
      at(place, fields, 'DTPOSTED'),
      'DTPOSTED',
      written,
      'expected a day that exists, such as 20240131',
    );
  const amount = ofxAmount(file, place, fields);
  const payee = fields.get('PAYEE.NAME') ?? fields.get('NAME');
  const check = idOrNull(fields.get('CHECKNUM'));
  const own = fields.get('CURRENCY.CURSYM')?.toUpperCase() ?? null;
  return {
    kind: 'entry',
    place,
    date: posted.date,
    time: posted.time,
    valueDate: ofxDate(fields.get('DTAVAIL') ?? '')?.date ?? null,
    amount,
    // CURRENCY: the amount is not in the statement's currency; ORIGCURRENCY: it was converted to it.
    currency: own === currency ? null : own,
    bankId: textOrNull(fields.get('FITID')),
    text: joinedText([payee, fields.get('NAME'), fields.get('EXTDNAME'), fields.get('MEMO'), check]),
    payee,
    counterAccount: counterAccount(fields),
    code: fields.get('TRNTYPE')?.toUpperCase() ?? null,
    mcc: /^\d{4}$/.exec(fields.get('SIC') ?? '')?.[0] ?? null,
    city: fields.get('PAYEE.CITY'),
    state: fields.get('PAYEE.STATE'),
    category: null,
    subcategory: null,
    original: original(fields, amount),
    balance: null,
  };
}

function at(place: Place, fields: OfxFields, name: string): Place {
  return { ...place, line: fields.line(name) ?? place.line };
}

function counterAccount(fields: OfxFields): string | null {
  const bank = fields.get('BANKACCTTO.ACCTID');
  if (bank !== null) return accountId(fields.get('BANKACCTTO.BANKID'), bank);
  return fields.get('CCACCTTO.ACCTID');
}

function original(fields: OfxFields, amount: string): StatementEntry['original'] {
  const currency = fields.get('ORIGCURRENCY.CURSYM')?.toUpperCase();
  const before = beforeConversion(amount, fields.get('ORIGCURRENCY.CURRATE') ?? '');
  return currency === undefined || before === null ? null : { amount: before, currency };
}

/** The account of a BANKACCTFROM, CCACCTFROM or INVACCTFROM. */
export function ofxAccount(aggregate: string, fields: OfxFields): StatementAccount | null {
  const number = fields.get('ACCTID');
  if (number === null) return null;
  const id = accountId(fields.get('BANKID') ?? fields.get('BROKERID'), number);
  return { id, name: null, type: aggregate === 'CCACCTFROM' ? 'card' : aggregate === 'INVACCTFROM' ? 'other' : 'bank' };
}
