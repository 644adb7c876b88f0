import { TextLines } from '../textLines.ts';

/** A header line (`!Type:Bank`), or the lines up to a `^`. */
export type QifRecord =
  | { readonly kind: 'header'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'record';
      readonly line: number;
      readonly fields: readonly QifField[];
      /** False for lines at the end of the file that no `^` follows. */
      readonly closed: boolean;
    };

export interface QifField {
  readonly letter: string;
  readonly value: string;
  readonly line: number;
}

/** Cuts QIF text into headers and records as it arrives. */
export class QifRecords {
  private readonly lines: TextLines;
  private fields: QifField[] = [];

  constructor(file: string) {
    this.lines = new TextLines(file);
  }

  get line(): number {
    return this.lines.line;
  }

  /** The records that are complete now; those without any field are left out. */
  *push(text: string, final = false): Generator<QifRecord> {
    for (const raw of this.lines.push(text, final)) {
      const line = raw.replace(/^\ufeff/, '').trimEnd();
      if (line === '') continue;
      if (line.startsWith('!')) {
        yield* this.flush(true);
        yield { kind: 'header', text: line.slice(1), line: this.lines.line };
      } else if (line.startsWith('^')) yield* this.flush(true);
      else this.fields.push({ letter: line.charAt(0), value: line.slice(1).trim(), line: this.lines.line });
    }
    if (final) yield* this.flush(false);
  }

  private *flush(closed: boolean): Generator<QifRecord> {
    const [first] = this.fields;
    if (first !== undefined) yield { kind: 'record', line: first.line, fields: this.fields, closed };
    this.fields = [];
  }
}

/** What a header begins: records of an account, a description of an account, trades, or a list that holds no entries. */
export type QifSection = 'entries' | 'account' | 'investments' | 'list';

export const ENTRY_TYPES: Readonly<Record<string, 'bank' | 'card' | 'other'>> = {
  bank: 'bank',
  ccard: 'card',
  cash: 'other',
  'oth a': 'other',
  'oth l': 'other',
};

const LISTS = new Set([
  'cat',
  'class',
  'tag',
  'memorized',
  'security',
  'prices',
  'budget',
  'bill',
  'invitem',
  'template',
  'tax',
]);

/** @returns the section that a header begins, or null where it begins none (`!Option:`, `!Clear:`) */
export function sectionOf(header: string): QifSection | null {
  const text = header.trim().toLowerCase();
  if (text === 'account') return 'account';
  if (!text.startsWith('type:')) return null;
  const type = text.slice(5).trim();
  if (type in ENTRY_TYPES) return 'entries';
  if (type.startsWith('invst') || type === 'port' || type === '401(k)') return 'investments';
  // Localised programs translate the types: what is no list of Quicken holds entries, lest rows be lost without a word.
  return LISTS.has(type) ? 'list' : 'entries';
}
