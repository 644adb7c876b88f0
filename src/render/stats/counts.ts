import type { NumberStyle } from '../money.ts';

export function pluralOf(noun: string): string {
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

/** `1 account`, `1,200 transactions`. */
export function countOf(count: string | number, noun: string, numbers: NumberStyle): string {
  return `${numbers.count(count)} ${Number(count) === 1 ? noun : pluralOf(noun)}`;
}
