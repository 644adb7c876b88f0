import { joinedText, textOrNull } from '../freeText.ts';
import { accountId, asIban } from '../iban.ts';

/** What a :86: says. */
export interface Information {
  readonly text: string;
  readonly payee: string | null;
  readonly counterAccount: string | null;
  /** The business transaction code (GVC) of German banks: three digits. */
  readonly businessCode: string | null;
}

/** Subfields of German and Polish banks: three digits, a separator, and two digits before each. */
const SUBFIELDS = /^\s?(\d{3})([?>^~+<@|])(?=\d\d)/;
/** Width of a subfield: a shorter one ended by itself or lost a blank at its end. */
const SUBFIELD_WIDTH = 27;
/** Lines are cut at 64 or 65 characters, in the middle of words. */
const LINE_WIDTH = 64;

/**
 * Reads the :86: fields of an entry.
 * @param fields each as its physical lines, without the tag
 */
export function readInformation(fields: readonly (readonly string[])[]): Information {
  const first = fields[0]?.[0] ?? '';
  const [, businessCode, separator] = SUBFIELDS.exec(first) ?? [];
  if (businessCode !== undefined && separator !== undefined)
    return { ...ofSubfields(fields.map(glued).join(''), separator), businessCode };
  const text = fields.map(unwrapped).join(' ');
  return /^\s*\/[A-Z]{2,4}\//.test(text)
    ? ofCodeWords(text)
    : { text, payee: null, counterAccount: null, businessCode: null };
}

/** A line of exactly 64 characters lost the blank at its end. */
function glued(lines: readonly string[]): string {
  return lines.map((line, index) => (line.length === LINE_WIDTH && index > 0 ? `${line} ` : line)).join('');
}

function unwrapped(lines: readonly string[]): string {
  return lines.map((line) => (line.length >= LINE_WIDTH ? line : `${line} `)).join('');
}

function ofSubfields(content: string, separator: string): Omit<Information, 'businessCode'> {
  const fields = new Map<number, string>();
  for (const part of content.split(separator).slice(1)) {
    const number = /^\d\d/.test(part) ? Number(part.slice(0, 2)) : null;
    if (number === null) {
      // The separator as a letter of the text.
      const last = [...fields.keys()].at(-1);
      if (last !== undefined) fields.set(last, `${fields.get(last)}${separator}${part}`);
    } else fields.set(number, fields.has(number) ? `${fields.get(number)} ${part.slice(2)}` : part.slice(2));
  }
  const run = (...numbers: number[]) => continued(numbers.map((number) => fields.get(number) ?? ''));
  const purpose = run(20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 60, 61, 62, 63);
  const payee = textOrNull(run(32, 33));
  const account = (fields.get(31) ?? '').trim();
  const iban = asIban(fields.get(38) ?? '') ?? asIban(account);
  return {
    text: joinedText([fields.get(0), purpose, payee]),
    payee,
    counterAccount: iban ?? (account === '' ? null : accountId(textOrNull(fields.get(30)), account)),
  };
}

/** Subfields that go on: those of full width were cut within a word, unless the next begins with a SEPA tag (`SVWZ+`). */
function continued(parts: readonly string[]): string {
  let text = '';
  let previous = '';
  for (const part of parts) {
    if (part === '') continue;
    text += (previous.length < SUBFIELD_WIDTH || /^[A-Z]{4}[+:]/.test(part) ? ' ' : '') + part;
    previous = part;
  }
  return text;
}

/** Code words of SWIFT and of Dutch banks. Only these: a text may hold slashes of its own. */
const CODE_WORDS =
  /\/(ABWA|ADDR|BENM|BIC|CHGS|CNTP|CREF|CSID|EREF|EXCH|IBAN|ID|IREF|ISDT|KREF|MARF|NAME|NRTX|OCMT|ORDP|PREF|PURP|REMI|RTRN|STRD|SVCL|TRCD|TRTP|ULTB|ULTC|ULTD|USTD)\//;

function ofCodeWords(content: string): Information {
  const pieces = content.split(CODE_WORDS);
  const values = new Map<string, string>();
  for (let index = 1; index < pieces.length; index += 2) {
    const word = pieces[index] ?? '';
    if (!values.has(word)) values.set(word, (pieces[index + 1] ?? '').trim());
  }
  // /CNTP/account/BIC/name/city/
  const [account = '', , name = ''] = (values.get('CNTP') ?? '').split('/');
  return {
    text: joinedText([pieces.filter((_, index) => index % 2 === 0).join(' ')]),
    payee: textOrNull(values.get('NAME')) ?? textOrNull(name),
    counterAccount: textOrNull(values.get('IBAN')) ?? textOrNull(account),
    businessCode: null,
  };
}
