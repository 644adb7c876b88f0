import { standingAlone } from '../freeText.ts';
/**
 * How money moved, by the bank's code of the entry: in the words that the sample household uses (`pos`, `online`, `atm`,
 * `transfer`, `direct_debit`, `standing_order`, `system`) and two that it has no need of (`check`, `branch`).
 */
export type Channel =
  | 'pos'
  | 'online'
  | 'atm'
  | 'transfer'
  | 'direct_debit'
  | 'standing_order'
  | 'check'
  | 'branch'
  | 'system';

const list = (channel: Channel, codes: string): [string, Channel][] => codes.split(' ').map((code) => [code, channel]);

/** Whole codes: OFX TRNTYPE, SWIFT codes of :61: without their first letter, and what banks write into a column. */
const CODES: ReadonlyMap<string, Channel> = new Map([
  ...list('pos', 'POS BEA BA PAY CARD DEBITCARD'),
  ...list('atm', 'ATM CASH GEA GM'),
  ...list('transfer', 'XFER DIRECTDEP PAYMENT TRF OVB IOB OV GT CLR BOE LBX'),
  ...list('direct_debit', 'DIRECTDEBIT DDT INC IC'),
  ...list('standing_order', 'REPEATPMT STO'),
  ...list('check', 'CHECK CHK CHQ TCK'),
  ...list('branch', 'ST'),
  ...list('online', 'IDB ID'),
  ...list('system', 'INT DIV SRVCHG FEE CHG COM RTI BRF'),
]);
const SWIFT = /^[NSF]([A-Z]{3})(?:\/(\d{3}))?$/;
/** Letters that mean something else in :61:. */
const SWIFT_OWN: ReadonlyMap<string, Channel | null> = new Map<string, Channel | null>([
  ['DIV', null],
  ['RTI', 'transfer'],
  ['CAR', 'pos'],
  ['POS', 'pos'],
]);

/** Business transaction codes of German banks (GVC), single or as from-to. */
const GVC: readonly [number, number, Channel][] = [
  [1, 3, 'check'],
  [4, 5, 'direct_debit'],
  [8, 8, 'standing_order'],
  [20, 20, 'transfer'],
  [51, 51, 'transfer'],
  [52, 52, 'standing_order'],
  [53, 56, 'transfer'],
  [82, 83, 'branch'],
  [101, 103, 'check'],
  [104, 105, 'direct_debit'],
  [106, 106, 'pos'],
  [107, 109, 'direct_debit'],
  [116, 116, 'transfer'],
  [117, 117, 'standing_order'],
  [118, 119, 'transfer'],
  [152, 152, 'standing_order'],
  [153, 159, 'transfer'],
  [166, 169, 'transfer'],
  [171, 174, 'direct_debit'],
  [177, 177, 'transfer'],
  [181, 184, 'direct_debit'],
  [191, 191, 'transfer'],
  [201, 218, 'transfer'],
  [801, 829, 'system'],
];

/** Parts of ISO bank transaction codes (`PMNT/CCRD/POSD`), the finest first. */
const ISO: readonly [RegExp, Channel][] = [
  [/\/(?:CWDL|XBCW|CDPT)$/, 'atm'],
  [/\/(?:CHRG|COMM|FEES|INTR|TAXE|COME)$/, 'system'],
  [/\/(?:STDO|XBST)$/, 'standing_order'],
  [/^PMNT\/(?:CCRD|MCRD)\b/, 'pos'],
  [/^PMNT\/(?:IDDT|RDDT)\b/, 'direct_debit'],
  [/^PMNT\/(?:ICDT|RCDT|IRCT|RRCT)\b/, 'transfer'],
  [/^PMNT\/(?:ICHQ|RCHQ)\b/, 'check'],
  [/^PMNT\/CNTR\b/, 'branch'],
  [/^ACMT\//, 'system'],
];

/** A code says the same for all entries that have it, and there are few. */
const known = new Map<string, Channel | null>();
const MOST_KNOWN = 1000;

/** The channel of a bank's code; null where it says none. */
export function channelOfCode(code: string): Channel | null {
  const before = known.get(code);
  if (before !== undefined) return before;
  const channel = readCode(code.trim().toUpperCase());
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(standingAlone(code), channel);
  return channel;
}

function readCode(code: string): Channel | null {
  if (/^[A-Z]{4}\//.test(code) && !SWIFT.test(code)) return ISO.find(([pattern]) => pattern.test(code))?.[1] ?? null;
  // NTRF+166+9248: a German bank's own code in CAMT; NTRF/166: of :61: and :86:. Digits in :61: alone (N102) are each bank's own.
  const gvc = /^[A-Z0-9]{4}[+/](\d{3})(?:\+|$)/.exec(code)?.[1];
  const german =
    gvc === undefined ? null : (GVC.find(([from, to]) => Number(gvc) >= from && Number(gvc) <= to)?.[2] ?? null);
  if (german !== null) return german;
  const swift = /^[NSF]([A-Z]{3})(?:[+/]|$)/.exec(code)?.[1];
  if (swift !== undefined) return SWIFT_OWN.has(swift) ? (SWIFT_OWN.get(swift) ?? null) : (CODES.get(swift) ?? null);
  return CODES.get(code) ?? null;
}

const CASH =
  /\b(?:atm|geldautomat|ga nr|bargeld(?:auszahlung)?|bankomat|bancomat|cash withdrawal|withdrawal atm|retrait dab|retrait|geldautomaat|geldopname|cajero|prelievo|hæveautomat|bankomatuttag|nosto)\b/i;
const SAID: readonly [RegExp, Channel][] = [
  [/\b(?:standing order|dauerauftrag|ordre permanent|automatische overboeking)\b/i, 'standing_order'],
  [
    /\b(?:direct debit|(?:sepa-?|basis|folge|erst|elv-?)? ?lastschrift|lastschrifteinzug|ach (?:debit|withdrawal)|incasso|prlv|pr[eé]l[eè]vement|autogiro|addebito diretto|adeudo|domiciliaci[oó]n)\b/i,
    'direct_debit',
  ],
  [/\b(?:e-?commerce|online purchase|internet purchase|ideal|paypal \*)/i, 'online'],
  [
    /\b(?:pos|kartenzahlung|girocard|debitkartenumsatz|card purchase|check ?card|debit card|visa debit|contactless|point of sale|eftpos|dankort|betaalautomaat|bea|carte|paiement cb|pago con tarjeta|pagamento pos|kortk[oø]b|kartou|kart[aą])\b/i,
    'pos',
  ],
  [
    /\b(?:transfer|[uü]e?berweisung(?:sgutschrift)?|virement|vir|overboeking|bonifico|transferencia|przelew|faster payment)\b/i,
    'transfer',
  ],
  [/\b(?:che(?:que|ck)|scheck)\b/i, 'check'],
];

/** The channel by the bank's words, for entries whose code says none. */
export function channelOfWords(text: string): Channel | null {
  if (CASH.test(text)) return 'atm';
  return SAID.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
