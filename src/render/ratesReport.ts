import type { RatesResult } from '../app/rates.ts';
import { durationText, grouped } from './amount.ts';

/** The document of `rates --json`. */
export function ratesDocument({ base, stored, takenBack, normalized, seconds }: RatesResult): Record<string, unknown> {
  return {
    status: 'ok',
    base_currency: base,
    rates: stored === null ? null : { ...stored },
    taken_back: takenBack,
    normalized,
    seconds,
  };
}

export function renderRates({ base, stored, takenBack, normalized, seconds }: RatesResult): string {
  const lines: string[] = [];
  if (stored !== null)
    lines.push(
      `${grouped(stored.read)} rates of ${stored.currencies} currencies from ${stored.first} to ${stored.last}: ${grouped(stored.added)} new, ${grouped(stored.changed)} corrected (${durationText(seconds)}).`,
    );
  if (takenBack > 0)
    lines.push(
      `${grouped(takenBack)} row${takenBack === 1 ? ' was' : 's were'} normalised to another base currency before.`,
    );
  const done = normalized.same + normalized.rates;
  lines.push(`${grouped(done)} row${done === 1 ? '' : 's'} normalised to ${base}.`);
  if (normalized.missing > 0)
    lines.push(
      `${grouped(normalized.missing)} row${normalized.missing === 1 ? '' : 's'} still without: no rate within seven days before; reports leave them out.`,
    );
  if (done + takenBack > 0) lines.push('Next: finance-db sync');
  return `${lines.join('\n')}\n`;
}
