import { standingAlone } from '../freeText.ts';
import type { StatementEntry, StatementFormat } from '../statement.ts';
import { withoutBookingWords } from './bookingWords.ts';
import { BoundedMap } from './boundedMap.ts';
import { type Channel, channelOfCode, channelOfWords } from './channel.ts';
import { type CleanedPayee, cleanPayee } from './cleanPayee.ts';

/** What an entry's raw texts say, in the columns of `transactions`. */
export interface CleanedEntry {
  readonly merchant: string | null;
  /** Where the payee came from: a field of the format, or the text. */
  readonly merchantBy: 'field' | 'text' | null;
  readonly mcc: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly channel: string | null;
}

/** Reads payee, place, merchant code and channel out of an entry. The same payee comes out whatever the format. */
export function cleanEntry(entry: StatementEntry, format: StatementFormat): CleanedEntry {
  // A file in our own columns has merchants already: what somebody has called them stays.
  if (entry.own !== undefined) return asWritten(entry);
  const source = payeeSource(entry, format);
  const shape = shapeOf(entry.text);
  const cleaned =
    source.text === '' ? null : cachedPayee(source.text, source.text === entry.text ? shape : shapeOf(source.text));
  return {
    merchant: cleaned?.payee ?? null,
    merchantBy: cleaned === null ? null : source.by,
    mcc: entry.mcc ?? mccIn(entry.text),
    city: entry.city ?? cleaned?.city ?? null,
    state: entry.state ?? cleaned?.state ?? null,
    channel: channelOf(entry, shape),
  };
}

function asWritten({ payee, text, mcc, city, state, own }: StatementEntry): CleanedEntry {
  const merchant = payee ?? (text === '' ? null : text);
  const merchantBy = payee !== null ? 'field' : merchant === null ? null : 'text';
  return { merchant, merchantBy, mcc, city, state, channel: own?.channel ?? null };
}

/** Width of NAME in OFX: what a bank has to say beyond goes on in MEMO. */
const OFX_NAME = 32;

/** The field for the payee, unless it is empty or says only how the entry came about. */
function payeeSource({ payee, text }: StatementEntry, format: StatementFormat): { text: string; by: 'field' | 'text' } {
  if (payee === null || payee === '') return { text, by: 'text' };
  if (format === 'ofx' && payee.length >= OFX_NAME - 1 && payee.length <= OFX_NAME && text.startsWith(payee)) {
    // Cut within a word, unless MEMO has all of it again.
    const cut = payee.length === OFX_NAME && text.charAt(OFX_NAME) === ' ';
    return { text: cut ? payee + text.slice(OFX_NAME + 1) : text, by: 'field' };
  }
  if (!/\p{L}/u.test(payee) || withoutBookingWords(payee) === '') return { text: text || payee, by: 'text' };
  return { text: payee, by: 'field' };
}

/**
 * What was read lately, by the text with all its digits alike: no step asks which digit it is, so that the next of a merchant's
 * entries, with another day and reference, finds the answer. Not where digits are part of it.
 */
const payees = new BoundedMap<CleanedPayee>(20_000);
const channels = new BoundedMap<Channel | 'none'>(20_000);

function cachedPayee(text: string, shape: string): CleanedPayee {
  const known = payees.get(shape);
  if (known !== undefined && (shape === text || !DIGIT.test(known.payee + (known.city ?? '')))) return known;
  const { payee, city, state } = cleanPayee(text);
  const cleaned = { payee: standingAlone(payee), city: alone(city), state: alone(state) };
  payees.set(shape, cleaned);
  return cleaned;
}

function alone(text: string | null): string | null {
  return text === null ? null : standingAlone(text);
}

function cachedChannel(text: string, shape: string): Channel | null {
  let known = channels.get(shape);
  if (known === undefined) {
    known = channelOfWords(text) ?? 'none';
    channels.set(shape, known);
  }
  return known === 'none' ? null : known;
}

function shapeOf(text: string): string {
  return DIGIT.test(text) ? text.replace(DIGITS, '0') : text;
}

const DIGIT = /\d/;
const DIGITS = /\d/g;

/** `MCC 5411`, `MCC: 5411`. */
function mccIn(text: string): string | null {
  return text.includes('MCC') ? (/\bMCC[ .:=-]{0,2}(\d{4})\b/.exec(text)?.[1] ?? null) : null;
}

/** The bank's code tells, and where it does not, its words. */
function channelOf({ code, text }: StatementEntry, shape: string): Channel | null {
  const byCode = code === null ? null : channelOfCode(code);
  if (byCode !== null && byCode !== 'pos') return byCode;
  const byWords = cachedChannel(text, shape);
  // A card at a machine that gives cash has the code of a card.
  return byCode === 'pos' && byWords !== 'atm' ? byCode : byWords;
}
