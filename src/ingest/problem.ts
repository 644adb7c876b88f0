import { FinanceDbError } from '../errors/financeDbError.ts';
import type { Place } from './statement.ts';

/**
 * A value of a bank file that cannot be read: names file, line, record, field and value.
 * @param expectation what is wrong with it, in words that follow "found …"
 */
export function badValue(
  file: string,
  place: Place,
  field: string,
  value: string,
  expectation: string,
  remedy?: string,
): FinanceDbError {
  const record = place.record > 0 ? ` (record ${place.record})` : '';
  return new FinanceDbError(
    'BAD_INPUT',
    `${file}:${place.line}${record}: ${field}: found ${shown(value)}: ${expectation}`,
    {
      details: { file, line: place.line, ...(place.record > 0 ? { record: place.record } : {}), field, value },
      remedy: remedy ?? 'correct the file, or download it again; nothing of it was imported',
    },
  );
}

/** A value for a message: quoted, control characters escaped, not too long. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
