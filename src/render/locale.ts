import { FinanceDbError } from '../errors/financeDbError.ts';

/** What numbers look like when nothing else is asked for: the same on every machine. */
export const DEFAULT_LOCALE = 'en-US';

/**
 * Checks `--locale`: a BCP 47 tag such as de-DE; `de_DE.UTF-8` is understood too.
 * @throws FinanceDbError USAGE
 */
export function parseLocale(text: string | undefined): string {
  if (text === undefined) return DEFAULT_LOCALE;
  const tag = text.replace(/\..*$/, '').replaceAll('_', '-');
  try {
    const [known] = Intl.NumberFormat.supportedLocalesOf(tag);
    if (known !== undefined) return known;
  } catch {
    // Not even the form of a tag.
  }
  throw new FinanceDbError('USAGE', `--locale: not a known locale: ${JSON.stringify(text)}`, {
    remedy: 'give a tag such as en-US, de-DE, fr-FR, en-IN or ja-JP',
  });
}

const ASCII_DRAWINGS: Record<string, string> = {
  '│': '|',
  '─': '-',
  '┌': '+',
  '┬': '+',
  '┐': '+',
  '├': '+',
  '┼': '+',
  '┤': '+',
  '└': '+',
  '┴': '+',
  '┘': '+',
  '…': '~',
  '·': '-',
  '→': '>',
  '–': '-',
  '−': '-',
  '\u202f': ' ',
  '\u00a0': ' ',
};

/** Draws lines and marks with ASCII, one for one, so that columns stay aligned. Data keeps its own characters. */
export function asciiDrawings(text: string): string {
  return text.replace(/[│─┌┬┐├┼┤└┴┘…·→–−\u202f\u00a0]/g, (character) => ASCII_DRAWINGS[character] ?? character);
}
