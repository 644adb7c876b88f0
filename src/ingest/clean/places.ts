import { CITIES, COUNTRIES, OF_STATES, STATES } from './placeNames.ts';

/** A text without the place at its end, and the place. */
export interface Placed {
  readonly text: string;
  readonly city: string | null;
  /** Of the United States, Canada or Australia: two capitals. */
  readonly state: string | null;
}

/** `REWE Markt GmbH//BERLIN/DE`, and all that follows. */
const GIROCARD = /^(.*?\S)\s*\/\/([^/]{2,30})\/([A-Z]{2,3})\b.*$/;
/** `\\Ort\10 10`: Austria. */
const BANKOMAT = /^(.*?\S)\s*\\+([^\\\d]{2,30})\\.*$/;
const CAPITALS = /[A-Z]$/;
const TAIL = /^(.*\S)[\s,]+([A-Z]{2,3})$/;

/** Parts of a city's name before its last word: `SAN FRANCISCO`; and last words that need another before them: `PALM BEACH`. */
const BEFORE =
  /^(?:san|santa|los|las|new|fort|ft|saint|st|st\.|el|port|palo|grand|north|south|east|west|lake|mount|mt|baton|little|la|le|des|cedar|round|coral|bad|den|sankt|corpus|ann)$/i;
const AFTER =
  /^(?:city|beach|springs|park|heights|falls|hill|hills|valley|rock|rapids|lakes|grove|view|creek|island|haven|gardens)$/i;
/** States whose letters are a word or a legal form too: they need a city that we know. */
const WORDS = new Set(['IN', 'ME', 'OK', 'CO', 'DE', 'ID', 'SA', 'NT', 'ON', 'PE']);
const NAME = /^\p{L}[\p{L}'’-]{2,}$/u;

/** Takes city, state and country from the end of a text. The payee never goes with them. */
export function withoutPlace(text: string): Placed {
  const marked = text.includes('//') ? GIROCARD.exec(text) : text.includes('\\') ? BANKOMAT.exec(text) : null;
  if (marked !== null) return { text: marked[1] ?? text, city: (marked[2] ?? '').trim(), state: null };
  const tail = CAPITALS.test(text) ? TAIL.exec(text) : null;
  const comma = tail === null ? text.lastIndexOf(', ') : -1;
  if (comma > 0 && CITIES.has(text.slice(comma + 2).toUpperCase()))
    return { text: text.slice(0, comma), city: text.slice(comma + 2), state: null };
  if (tail === null) return { text, city: null, state: null };
  const [, head = '', code = ''] = tail;
  if ((code === 'US' || code === 'USA' || code === 'CA' || code === 'CAN') && TAIL.test(head)) {
    const inner = withoutPlace(head);
    if (inner.state !== null) return inner;
  }
  const words = head.split(' ');
  const last = words.at(-1) ?? '';
  const known = CITIES.has(last.toUpperCase()) || knownTwo(words) > 0;
  if (STATES.has(code) && (known || !WORDS.has(code))) {
    const length = NAME.test(last) ? cityLength(words, known) : 0;
    // Of a country with the same letters: Berlin, DE.
    const city = words.slice(words.length - length).join(' ');
    const state = OF_STATES[code]?.has(city.toUpperCase()) === false ? null : code;
    return cut(words, length, state) ?? { text, city: null, state: null };
  }
  if (!COUNTRIES.has(code)) return { text, city: null, state: null };
  return (known ? cut(words, cityLength(words, known), null) : null) ?? { text: head, city: null, state: null };
}

/** The words of the city at the end: one, two where its name is known to have two, none where nothing would be left of the payee. */
function cityLength(words: readonly string[], known: boolean): number {
  const two = knownTwo(words);
  if (two > 0) return two;
  const [before = '', last = ''] = words.slice(-2);
  if (known) return 1;
  return BEFORE.test(before) || AFTER.test(last) ? 2 : 1;
}

function knownTwo(words: readonly string[]): number {
  return CITIES.has(words.slice(-2).join(' ').toUpperCase()) && words.length > 1 ? 2 : 0;
}

function cut(words: readonly string[], length: number, state: string | null): Placed | null {
  const payee = words.slice(0, words.length - length).join(' ');
  if (!/\p{L}{2}/u.test(payee)) return state === null ? null : { text: words.join(' '), city: null, state };
  const city = words.slice(words.length - length).join(' ');
  return { text: payee, city: city === '' ? null : city, state };
}
