import { withoutBookingWords } from './bookingWords.ts';
import { withoutCardNumbers } from './cardNumbers.ts';
import { withoutDatesAndTimes } from './datesAndTimes.ts';
import { withoutLegalForms } from './legalForms.ts';
import { readableCase } from './letterCase.ts';
import { withoutPlace } from './places.ts';
import { withoutProcessors } from './processors.ts';
import { withoutReferences } from './references.ts';
import { withoutSepaTags } from './sepaTags.ts';
import { withoutStoreNumbers } from './storeNumbers.ts';

/** Whom a text is about, and where that is. */
export interface CleanedPayee {
  readonly payee: string;
  readonly city: string | null;
  readonly state: string | null;
}

/** In this order: numbers go before what they stand behind can be seen as the end. */
const STEPS = [
  withoutSepaTags,
  withoutCardNumbers,
  withoutDatesAndTimes,
  withoutReferences,
  withoutBookingWords,
  withoutProcessors,
  withoutStoreNumbers,
] as const;

/** Each round makes the text shorter or changes nothing but its case; more are needed by no text that a bank has written. */
const MOST_ROUNDS = 12;

/**
 * The payee in a bank's text, and the place behind it. What was cleaned stays as it is. A step that would leave no letter is
 * left out, so that something is left of any text.
 */
export function cleanPayee(text: string): CleanedPayee {
  let payee = text;
  let city: string | null = null;
  let state: string | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = payee;
    payee = tidy(payee);
    for (const step of STEPS) payee = kept(payee, step(payee));
    const placed = withoutPlace(payee);
    payee = kept(payee, placed.text);
    city ??= placed.city;
    state ??= placed.state;
    payee = kept(payee, withoutLegalForms(payee));
    payee = readableCase(payee);
    if (payee === before) break;
  }
  return { payee, city: city === null ? null : readableCase(tidy(city)), state };
}

function kept(before: string, after: string): string {
  if (after === before) return before;
  const tidied = tidy(after);
  return LETTERS.test(tidied) ? tidied : before;
}

const LETTERS = /\p{L}\P{L}*\p{L}|[^\p{ASCII}]/u;

/** White space single, and no marks at the ends that only joined what is gone. */
function tidy(text: string): string {
  const single = UNEVEN.test(text)
    ? text
        .replace(/\s+/g, ' ')
        .replace(/ (?=[,;])/g, '')
        .trim()
    : text;
  if (!LOOSE.test(single)) return single;
  return single.replace(WWW, '').replace(LOOSE_BEGIN, '').replace(LOOSE_END, '') || single;
}

const UNEVEN = /^\s|\s$|\s[\s,;]|[^\S ]/;
const LOOSE_BEGIN = /^[\s,;:/\\|*+=_.–-]+(?=\S)/;
const LOOSE_END = /(?<=\S)[\s,;:/\\|*+=_(–-]+$/;
const WWW = /^www\.(?=\S)/i;
const LOOSE = /^[,;:/\\|*+=_.–w-]|[,;:/\\|*+=_(–-]$/i;
