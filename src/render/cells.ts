import type { ColumnKind } from '../model/resultColumn.ts';
import { printable } from './printable.ts';

/** Whether a column's values stand at the right. */
export function isNumeric(kind: ColumnKind | undefined): boolean {
  return kind === 'number' || kind === 'float';
}

/**
 * The text of a cell for people: NULL is the word NULL, the empty string is empty, and a text that itself reads NULL is
 * put in quotes so that the two are told apart. Control characters are shown as escapes.
 */
export function shownCell(text: string | null, kind: ColumnKind | undefined): string {
  if (text === null) return 'NULL';
  if (kind !== 'text') return printable(text);
  return /^"*NULL"*$/.test(text) ? `"${text}"` : printable(text);
}
