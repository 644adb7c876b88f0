import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { CurrencyRow } from '../../analytics/currencies.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { EVERY_ROW, Ink } from './ink.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

const LINKED = ['currency', 'count', 'normalized', 'not_normalized'];

/** Original amounts beside normalized ones, every row counted. */
export function currenciesPage(view: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, view.baseCurrency.currency);
  const group = (row: ReportRow): Narrowing[] =>
    row['count'] === undefined ? [] : [{ by: 'currency', value: (row as unknown as CurrencyRow).currency }];
  const behind = ({ key }: ReportColumn, row: ReportRow): readonly Narrowing[] | null =>
    !LINKED.includes(key)
      ? null
      : key === 'not_normalized'
        ? [...group(row), { by: 'normalized', value: 'no' }]
        : group(row);
  const cell = ({ key }: ReportColumn, row: ReportRow): HtmlValue | undefined => {
    const { currency } = row as unknown as CurrencyRow;
    const beside: Record<string, Narrowing> = {
      original_in: { by: 'original', value: 'in' },
      original_out: { by: 'original', value: 'out' },
      not_normalized_amount: { by: 'normalized', value: 'no' },
    };
    const narrowing = beside[key];
    if (narrowing === undefined || row[key] === null) return undefined;
    return ink.original(String(row[key]), currency, [...group(row), narrowing], EVERY_ROW);
  };
  const total = view.table.total;
  return html`${reportLead(view, ink)}
${panel(
  {
    title: 'By currency',
    ink,
    wide: true,
    exports: { report: 'currencies' },
    note: 'every row, transfers and rows to come included',
  },
  reportCells(
    ink,
    // The row of all that is not normalized spans currencies: its count is a door of its own.
    { ...view.table, total: total === null ? null : { ...total, not_normalized: null } },
    { behind, cell, scope: EVERY_ROW, caption: 'Amounts by currency' },
  ),
)}`;
}
