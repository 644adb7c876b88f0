import { FinanceDbError } from '../errors/financeDbError.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Longer than any file is kept. */
const LONGEST = 3650 * 86_400;

/**
 * Reads a length of time: `90s`, `15m`, `2h`, `1d`, `1w`.
 * @param flag what to call it in an error
 * @returns seconds, above 0
 * @throws FinanceDbError USAGE naming what is possible
 */
export function parseSpan(text: string, flag: string): number {
  const [, digits = '', unit = ''] = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*([smhdw])\s*$/i.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS[unit.toLowerCase()] ?? Number.NaN);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new FinanceDbError(
    'USAGE',
    `${flag}: expected a length of time like 15m, found ${JSON.stringify(text.slice(0, 80))}`,
    {
      remedy: 'possible are seconds (90s), minutes (15m), hours (2h), days (1d) and weeks (1w), up to ten years',
    },
  );
}
