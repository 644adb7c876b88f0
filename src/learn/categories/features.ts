/** What a category is guessed from. All of it stands in the row before anybody has filed it. */
export interface Subject {
  /** The payee as it was cleaned, or what the bank wrote where there is none. */
  readonly payee: string;
  readonly account: string;
  /** Signed numeral. Only its size as a power of two and its cents are looked at, so that a number will do. */
  readonly amount: string;
  readonly mcc: string | null;
}

/** Some banks write a page: what tells a payee stands in the beginning. */
const LONGEST_TEXT = 60;
const SHORTEST_GRAM = 3;
const LONGEST_GRAM = 5;

/**
 * The payee as it is compared: small letters, digits as one kind, blanks as one. Numbers of shops and receipts are noise and
 * are what two payments at one shop differ by.
 */
export function folded(payee: string): string {
  const known = foldings.get(payee);
  if (known !== undefined) return known;
  const text = fold(payee);
  if (foldings.size >= MOST_FOLDINGS) foldings.clear();
  foldings.set(payee, text);
  return text;
}

/** Payees come again and again, and folding one takes as long as all else that is done with it. */
const foldings = new Map<string, string>();
const MOST_FOLDINGS = 20_000;

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\d+/g, '0')
    .replace(/[^\p{L}\p{N}&]+/gu, ' ')
    .trim();
}

/**
 * What the payee alone tells: itself, its words, and its runs of three to five characters. Each name begins with a letter that says
 * what kind of feature it is, so that it can be told in words.
 * @param payee folded
 */
export function payeeFeatures(payee: string): string[] {
  if (payee === '') return [];
  const features = new Set<string>([`p:${payee}`]);
  for (const word of payee.split(' ')) if (word.length > 1) features.add(`w:${word}`);
  const padded = ` ${payee.slice(0, LONGEST_TEXT)} `;
  for (let length = SHORTEST_GRAM; length <= LONGEST_GRAM; length++)
    for (let from = 0; from + length <= padded.length; from++) features.add(`g:${padded.slice(from, from + length)}`);
  return [...features];
}

/** What the rest of a row tells: the account, the size of the amount, alone and beside the payee. */
export function rowFeatures(subject: Subject): string[] {
  const { account, mcc } = subject;
  const payee = folded(subject.payee);
  const size = amountSize(subject.amount);
  const features = [`s:${size}`];
  if (payee !== '') features.push(`ps:${size}|${payee}`);
  if (account !== '') {
    features.push(`a:${account}`, `as:${account}|${size.slice(0, 1)}`);
    if (payee !== '') features.push(`ap:${account}|${payee}`, `aw:${account}|${payee.split(' ')[0]}`);
  }
  if (mcc !== null && mcc !== '') features.push(`m:${mcc}`);
  return features;
}

/** `-6`: money out of 32 to 63, with `r` where it is a multiple of five. */
export function amountSize(amount: string): string {
  const value = Number(amount);
  if (!Number.isFinite(value) || value === 0) return '0';
  const size = Math.abs(value);
  return `${value < 0 ? '-' : '+'}${Math.max(0, Math.floor(Math.log2(size) + 1))}${size % 5 === 0 ? 'r' : ''}`;
}
