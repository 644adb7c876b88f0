import type { ForecastView } from '../../app/stats/readForecast.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import { compareNumerals, negated } from '../../ingest/numeral.ts';
import { exactSum } from '../../model/exactSum.ts';
import { renderTable } from '../table.ts';
import type { StatsStyle } from './style.ts';

const FLOWS = ['income', 'spending', 'net'] as const;

/** Each month that is over beside what had been expected. */
export function cameTable({ rows }: ReportTable, { came }: ForecastView, style: StatsStyle): string {
  const { money } = style.numbers;
  const lines = came.flatMap((month) => {
    const expected = rows.find((row) => row.month === month.month);
    return FLOWS.map((flow, index) => {
      const [guess, low, high] = [expected?.[flow], expected?.[`${flow}_low`], expected?.[`${flow}_high`]].map(numeral);
      const held = low == null || high == null ? '' : isWithin(month[flow], low, high) ? 'held' : 'missed';
      return [
        index === 0 ? month.month : '',
        flow,
        money(guess),
        money(month[flow]),
        guess == null ? '' : money(exactSum([month[flow], negated(guess)])),
        held,
      ];
    });
  });
  return renderTable(
    [
      ...[
        { title: 'Month', shrink: false },
        { title: 'Flow', shrink: false },
      ],
      ...[{ title: 'Expected' }, { title: 'Came' }, { title: 'Difference' }].map((column) => ({
        ...column,
        align: 'right' as const,
      })),
      { title: '80 %' },
    ],
    lines,
    { width: style.width, color: style.color, ascii: style.ascii },
  );
}

function numeral(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function isWithin(value: string, low: string, high: string): boolean {
  return compareNumerals(value, low) >= 0 && compareNumerals(value, high) <= 0;
}
