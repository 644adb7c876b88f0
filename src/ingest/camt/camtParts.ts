import { compareNumerals, negated, normalNumeral, Sum } from '../numeral.ts';
import type { CamtDetail } from './camtDetail.ts';

/** The signed amounts of the details if they add up to the entry in its currency, else null. */
export function partsOf(
  details: readonly CamtDetail[],
  total: string,
  currency: string | null,
): readonly string[] | null {
  const unsigned: string[] = [];
  for (const { amounts } of details) {
    const found = amounts.find((amount) => amount.currency === currency && /^\d*\.?\d*$/.test(amount.text));
    const numeral = found === undefined ? null : normalNumeral(found.text);
    if (numeral === null) return null;
    unsigned.push(numeral);
  }
  const sign = (debit: boolean, index: number): string =>
    debit ? negated(unsigned[index] ?? '0') : (unsigned[index] ?? '0');
  const ofEntry = total.startsWith('-');
  // By their own directions; some banks write that of the original payment there: then by the entry's.
  for (const debit of [
    (detail: CamtDetail) => (detail.direction ?? (ofEntry ? 'DBIT' : 'CRDT')) === 'DBIT',
    () => ofEntry,
  ]) {
    const signed = details.map((detail, index) => sign(debit(detail), index));
    const sum = signed.reduce((all, one) => all.add(one), new Sum()).toString();
    if (compareNumerals(sum, total) === 0) return signed;
  }
  return null;
}

/** The id of each detail: its own reference if no two share one, else the entry's with the detail's number. */
export function partReferences(details: readonly CamtDetail[], entry: string | null): readonly (string | null)[] {
  const own = details.map(({ reference }) => reference);
  const distinct = !own.includes(null) && !own.includes(entry) && new Set(own).size === own.length;
  return distinct ? own : details.map((_, index) => (entry === null ? null : `${entry}/${index + 1}`));
}
