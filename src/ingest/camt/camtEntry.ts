import { dayText } from '../days.ts';
import { idOrNull, joinedText } from '../freeText.ts';
import { negated, normalNumeral } from '../numeral.ts';
import { badValue } from '../problem.ts';
import type { Place, StatementEntry } from '../statement.ts';
import { amountsOf, type CamtAmount, type CamtDetail, type CamtParty, transactionCode } from './camtDetail.ts';
import { partReferences, partsOf } from './camtParts.ts';
import { childAt, textAt, type XmlNode } from './xmlNode.ts';

/** What the entries of a statement have in common. */
export interface CamtContext {
  readonly file: string;
  /** The statement's own account, to tell which party is the other. */
  readonly account: string | null;
  readonly currency: string | null;
}

/** At most so many details give their text to an entry that is not split. */
const TEXTS = 20;

/**
 * The signed amount of an Ntry or a Bal.
 * @throws FinanceDbError BAD_INPUT for a missing or impossible amount or direction
 */
export function signedAmount(file: string, place: Place, node: XmlNode): { amount: string; currency: string | null } {
  const amount = childAt(node, 'Amt');
  const unsigned = unsignedAmount(file, place, {
    text: amount?.text.trim() ?? '',
    currency: null,
    line: amount?.line ?? place.line,
  });
  const direction = textAt(node, 'CdtDbtInd') ?? '';
  if (direction !== 'CRDT' && direction !== 'DBIT')
    throw badValue(file, place, `${node.name} CdtDbtInd`, direction, 'expected CRDT or DBIT');
  return { amount: direction === 'DBIT' ? negated(unsigned) : unsigned, currency: amount?.currency ?? null };
}

function unsignedAmount(file: string, place: Place, { text, line }: CamtAmount): string {
  const amount = /^\d*\.?\d*$/.test(text) ? normalNumeral(text) : null;
  if (amount === null)
    throw badValue(file, { ...place, line }, 'Amt', text, 'expected an amount without a sign, such as 12.50');
  return amount;
}

/** The day, and the local time where there is one, of an element with Dt or DtTm. Null when there is none. */
export function dateAt(file: string, place: Place, node: XmlNode | null): { date: string; time: string | null } | null {
  const text = textAt(node, 'Dt') ?? textAt(node, 'DtTm');
  if (node === null || text === null) return null;
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}:\d{2}))?/.exec(text);
  const date = match === null ? null : dayText(Number(match[1]), Number(match[2]), Number(match[3]));
  if (date === null)
    throw badValue(
      file,
      { ...place, line: node.line },
      node.name,
      text,
      'expected a day that exists, such as 2024-01-31',
    );
  const time = match?.[4] ?? null;
  return { date, time: time === '00:00:00' ? null : time };
}

/** BOOK, PDNG, INFO …; from version 8 on it stands in Cd. */
export function statusOf(node: XmlNode): string | null {
  return textAt(node, 'Sts', 'Cd') ?? textAt(node, 'Sts');
}

/**
 * A booked Ntry as entries: one, or one a detail where the details add up to it in its currency.
 * @throws FinanceDbError BAD_INPUT for missing or impossible amounts and dates
 */
export function camtEntries(
  context: CamtContext,
  place: Place,
  node: XmlNode,
  details: readonly CamtDetail[],
): readonly StatementEntry[] {
  const { file } = context;
  const { amount, currency } = signedAmount(file, place, node);
  const valueDate = dateAt(file, place, childAt(node, 'ValDt'));
  const booked = dateAt(file, place, childAt(node, 'BookgDt')) ?? valueDate;
  if (booked === null) throw badValue(file, place, 'BookgDt', '', 'a booked entry without a day');
  const reference = idOrNull(textAt(node, 'AcctSvcrRef'));
  const code = transactionCode(childAt(node, 'BkTxCd'));
  const note = textAt(node, 'AddtlNtryInf');
  const entry = (part: Part): StatementEntry => ({
    kind: 'entry',
    place,
    date: booked.date,
    time: booked.time,
    valueDate: valueDate?.date ?? null,
    amount: part.amount,
    currency: currency === context.currency ? null : currency,
    bankId: part.bankId,
    text: joinedText([part.party?.name, ...part.details.map(({ text }) => text), note]),
    payee: part.party?.name ?? null,
    counterAccount: part.party?.account ?? null,
    code: part.code,
    mcc: (part.details.length === 1 ? part.details[0]?.mcc : null) ?? null,
    city: part.party?.city ?? null,
    state: null,
    category: null,
    subcategory: null,
    original: originalOf(part.amounts, currency, part.amount),
    balance: null,
  });
  // A reversal keeps the parties of what it takes back.
  const debit = (textAt(node, 'CdtDbtInd') === 'DBIT') !== isTrue(textAt(node, 'RvslInd'));
  const amounts = details.length > 1 ? partsOf(details, amount, currency) : null;
  if (amounts !== null) {
    const references = partReferences(details, reference);
    return details.map((detail, index) =>
      entry({
        amount: amounts[index] ?? '',
        amounts: detail.amounts,
        bankId: references[index] ?? null,
        party: otherParty(detail, debit, context.account),
        code: detail.code ?? code,
        details: [detail],
      }),
    );
  }
  const [only] = details;
  const single = details.length === 1 && only !== undefined ? only : null;
  return [
    entry({
      amount,
      amounts: [...(single?.amounts ?? []), ...amountsOf(node)],
      bankId: reference ?? single?.reference ?? null,
      party: single === null ? null : otherParty(single, debit, context.account),
      code: code ?? single?.code ?? null,
      details: details.slice(0, TEXTS),
    }),
  ];
}

interface Part {
  readonly amount: string;
  readonly amounts: readonly CamtAmount[];
  readonly bankId: string | null;
  readonly party: CamtParty | null;
  readonly code: string | null;
  readonly details: readonly CamtDetail[];
}

/** Money goes to the creditor, comes from the debtor; whoever has the statement's own account is not the other party. */
function otherParty(detail: CamtDetail, debit: boolean, own: string | null): CamtParty {
  const [expected, opposite] = debit ? [detail.creditor, detail.debtor] : [detail.debtor, detail.creditor];
  const named = (party: CamtParty): boolean => party.name !== null || party.account !== null;
  const mine = (party: CamtParty): boolean => own !== null && party.account === own;
  if (named(expected) && !mine(expected)) return expected;
  if (opposite.account !== null && own !== null && !mine(opposite)) return opposite;
  return mine(expected) ? { name: null, account: null, city: null } : expected;
}

/** The first amount in another currency, signed as the entry is. */
function originalOf(
  amounts: readonly CamtAmount[],
  currency: string | null,
  signed: string,
): StatementEntry['original'] {
  for (const { text, currency: other } of amounts) {
    if (other === null || other === currency) continue;
    const amount = /^\d*\.?\d*$/.test(text) ? normalNumeral(text) : null;
    if (amount === null || !/[1-9]/.test(amount)) continue;
    return { amount: signed.startsWith('-') ? negated(amount) : amount, currency: other };
  }
  return null;
}

function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}
