import { idOrNull, joinedText, textOrNull } from '../freeText.ts';
import { asIban } from '../iban.ts';
import { childAt, childrenOf, descendant, textAt, type XmlNode } from './xmlNode.ts';

/** An amount as it stands, without its sign. */
export interface CamtAmount {
  readonly text: string;
  readonly currency: string | null;
  readonly line: number;
}

/** Somebody who takes part in a payment. */
export interface CamtParty {
  readonly name: string | null;
  readonly account: string | null;
  readonly city: string | null;
}

/** What one TxDtls says, compact: an entry may have many thousands. */
export interface CamtDetail {
  /** Its amount, and those of AmtDtls, the most likely first. */
  readonly amounts: readonly CamtAmount[];
  /** CRDT or DBIT, where it says so itself. */
  readonly direction: string | null;
  readonly debtor: CamtParty;
  readonly creditor: CamtParty;
  readonly reference: string | null;
  readonly code: string | null;
  readonly text: string;
  readonly mcc: string | null;
}

export function readDetail(node: XmlNode): CamtDetail {
  const parties = childAt(node, 'RltdPties');
  const debtor = party(parties, 'Dbtr', 'DbtrAcct');
  const creditor = party(parties, 'Cdtr', 'CdtrAcct');
  const remittance = childAt(node, 'RmtInf');
  const structured = childrenOf(remittance, 'Strd').flatMap((one) => [
    textAt(one, 'CdtrRefInf', 'Ref') ?? textAt(one, 'CdtrRefInf', 'CdtrRef'),
    ...textsOf(one, 'AddtlRmtInf'),
  ]);
  return {
    amounts: amountsOf(node),
    direction: textAt(node, 'CdtDbtInd'),
    debtor,
    creditor,
    reference: idOrNull(textAt(node, 'Refs', 'AcctSvcrRef')),
    code: transactionCode(childAt(node, 'BkTxCd')),
    text: joinedText([
      ...textsOf(remittance, 'Ustrd'),
      ...structured,
      textAt(node, 'AddtlTxInf'),
      nameOf(childAt(parties, 'UltmtDbtr')),
      nameOf(childAt(parties, 'UltmtCdtr')),
      idOrNull(textAt(node, 'Refs', 'EndToEndId')),
    ]),
    mcc: /^\d{4}$/.exec(descendant(node, 'MrchntCtgyCd')?.text.trim() ?? '')?.[0] ?? null,
  };
}

/** Amt, and the amounts of AmtDtls: that of the transaction, that which was instructed, the counter value. */
export function amountsOf(node: XmlNode): readonly CamtAmount[] {
  const found = [
    childAt(node, 'Amt'),
    ...['TxAmt', 'InstdAmt', 'CntrValAmt'].map((name) => childAt(node, 'AmtDtls', name, 'Amt')),
  ];
  return found.flatMap((amount) =>
    amount === null ? [] : [{ text: amount.text.trim(), currency: amount.currency, line: amount.line }],
  );
}

/** `PMNT/RCDT/ESCT`, or the bank's own code. */
export function transactionCode(node: XmlNode | null): string | null {
  const domain = [
    textAt(node, 'Domn', 'Cd'),
    textAt(node, 'Domn', 'Fmly', 'Cd'),
    textAt(node, 'Domn', 'Fmly', 'SubFmlyCd'),
  ].filter((part) => part !== null);
  return domain.length > 0 ? domain.join('/') : textAt(node, 'Prtry', 'Cd');
}

/** The IBAN, or the number under which the bank keeps the account. */
export function accountNumber(node: XmlNode | null): string | null {
  const iban = textAt(node, 'Id', 'IBAN');
  const number = iban ?? textAt(node, 'Id', 'Othr', 'Id') ?? textAt(node, 'Id', 'PrtryAcct', 'Id');
  return number === null ? null : (asIban(number) ?? number.replace(/\s/g, ''));
}

function party(parties: XmlNode | null, role: string, account: string): CamtParty {
  const node = childAt(parties, role);
  const address = childAt(node, 'Pty', 'PstlAdr') ?? childAt(node, 'PstlAdr');
  return {
    name: nameOf(node),
    account: accountNumber(childAt(parties, account)),
    city: textOrNull(textAt(address, 'TwnNm')),
  };
}

/** From version 8 on, a party stands in Pty, or is a bank (Agt). */
function nameOf(node: XmlNode | null): string | null {
  return textOrNull(textAt(node, 'Nm') ?? textAt(node, 'Pty', 'Nm') ?? textAt(node, 'Agt', 'FinInstnId', 'Nm'));
}

function textsOf(node: XmlNode | null, name: string): readonly string[] {
  return childrenOf(node, name).map((child) => child.text);
}
