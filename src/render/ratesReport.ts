import type { RatesResult } from '../app/rates.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { durationText } from './amount.ts';

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

export function renderRates({ base, stored, takenBack, normalized, known, seconds }: RatesResult): string {
  const lines: string[] = [];
  if (stored !== null)
    lines.push(
      `${counted(stored.read, 'rate')} of ${counted(stored.currencies, 'currency', 'currencies')} from ${stored.first} to ${stored.last}: ${grouped(stored.added)} new, ${grouped(stored.changed)} corrected (${durationText(seconds)}).`,
    );
  if (takenBack > 0)
    lines.push(
      `${counted(takenBack, 'row')} ${agreeing(takenBack, 'was', 'were')} normalised to another base currency before.`,
    );
  const done = normalized.same + normalized.rates;
  lines.push(`${counted(done, 'row')} normalised to ${base}.`);
  if (normalized.missing > 0)
    lines.push(
      `${counted(normalized.missing, 'row')} still without: ${known ? 'no rate within seven days before' : 'no exchange rate is loaded'}; reports leave ${agreeing(normalized.missing, 'it', 'them')} out.`,
    );
  if (!known && normalized.missing > 0)
    lines.push("Next: finance-db rates --from FILE, the European Central Bank's eurofxref-hist.zip or .csv");
  if (done + takenBack > 0) lines.push('Next: finance-db sync');
  return `${lines.join('\n')}\n`;
}
