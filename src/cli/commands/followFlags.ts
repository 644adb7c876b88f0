import { parseBytes } from '../../config/values.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';

/** How to stream, as it was asked for: the flags that `follow` shares with what runs one. */
export interface StreamFlags {
  readonly publication?: string;
  readonly keepSlot?: string;
  readonly writeBudget?: string;
}

/** A disk that is written at this rate all the time lasts for years. */
const WRITE_BUDGET = 20e6;
const LEAST_WRITE_BUDGET = 1e4;

/** @throws FinanceDbError USAGE for what PostgreSQL does not take as the name of a slot */
export function slotName(text: string, flag: string): string {
  if (/^[a-z0-9_]{1,63}$/.test(text)) return text;
  throw new FinanceDbError(
    'USAGE',
    `${flag} ${text}: the name of a slot is of the letters a to z, digits and _, at most 63`,
  );
}

/** Bytes a second; null for no limit. @throws FinanceDbError for what is no size, or too small a one */
export function writeBudget(text: string | undefined): number | null {
  if (text === undefined) return WRITE_BUDGET;
  return text === '0' ? null : parseBytes(LEAST_WRITE_BUDGET)(text, '--write-budget', { cwd: '', userHome: '' });
}

/**
 * The flags of the `follow` that another command runs; null where it runs none.
 * @throws FinanceDbError for a value that `follow` would refuse later, with nobody there to see it; USAGE for one without --follow
 */
export function streamWords(flags: StreamFlags & { readonly follow?: boolean }): string[] | null {
  const words: string[] = [];
  const add = (name: string, value: string | undefined): void => {
    // With the sign, no value is taken for a flag.
    if (value !== undefined) words.push(`${name}=${value}`);
  };
  add('--publication', flags.publication);
  add('--keep-slot', flags.keepSlot);
  add('--write-budget', flags.writeBudget);
  if (flags.follow !== true) {
    const [first] = words;
    if (first === undefined) return null;
    throw new FinanceDbError('USAGE', `${first.replace(/=.*/s, '')} is about a stream, and nothing follows here`, {
      remedy: 'give --follow too',
    });
  }
  if (flags.keepSlot !== undefined) slotName(flags.keepSlot, '--keep-slot');
  writeBudget(flags.writeBudget);
  return words;
}
