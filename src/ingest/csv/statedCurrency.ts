import { KNOWN_CURRENCIES } from './columnSample.ts';
import { plainCell } from './columns.ts';
import type { BankRecord } from './records.ts';
import { plainName } from './vocabulary.ts';

const LABEL =
  /^(account |konto|konto )?(currency|wahrung|waehrung|waluta|waluta rachunku|devise|valuta|valuuta|moneda|moeda|divisa|munt|muntsoort|mena|penznem)$/;

/**
 * The currency in the names of columns of amounts: `Bedrag (EUR)`, `Saldo in CHF`.
 * @returns null where none is named, or several are
 */
export function currencyOfNames(names: readonly string[]): string | null {
  return only(names.map((name) => /(?:^|[\s([])([A-Z]{3})[)\]]?$/.exec(name.trim())?.[1] ?? ''));
}

/**
 * The currency that a line above the header names: a label, and the code beside or below it.
 * @returns null where none is named, or several are
 */
export function currencyAbove(records: readonly BankRecord[]): string | null {
  return only(
    records.flatMap(({ fields }, row) =>
      fields.flatMap((cell, at) =>
        LABEL.test(plainName(cell)) ? [fields[at + 1] ?? '', records[row + 1]?.fields[at] ?? ''] : [],
      ),
    ),
  );
}

function only(cells: readonly string[]): string | null {
  const codes = new Set(cells.map((cell) => plainCell(cell)).filter((code) => KNOWN_CURRENCIES.has(code)));
  return codes.size === 1 ? ([...codes][0] ?? null) : null;
}
