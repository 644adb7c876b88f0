import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { INTERVALS } from '../../model/period.ts';
import { cashflowChart } from './cashflowChart.ts';
import { daysOf } from './days.ts';
import type { Exports } from './exports.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere, rangeOf } from './links.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';
import { bytesBeside } from './weight.ts';

/** Lines of the table: more are for files. */
const MOST_LINES = 70;

/** Income, spending and net of each interval; beside the period before where the address asks for it. */
export interface CashflowView {
  readonly now: StatsResult;
  /** The intervals of the period before, in order; null where nobody asked or there is none. */
  readonly before: StatsResult | null;
}

export function cashflowPage({ now, before }: CashflowView, frame: Frame): Html {
  const { request, baseCurrency } = now;
  const ink = new Ink(frame, baseCurrency.currency);
  const behind = (column: ReportColumn, row: ReportRow): readonly Narrowing[] | null => {
    const days = row['period'] === undefined ? [] : [daysOf(String(row['period']), request)];
    switch (column.key) {
      case 'income':
      case 'spending':
        return [...days, { by: 'flow', value: column.key }];
      case 'running_net': {
        const [day] = days;
        return day === undefined ? [] : [{ by: 'day', from: null, to: day.to }];
      }
      default:
        return days;
    }
  };
  const exports: Exports[] =
    before === null
      ? [{ report: 'cashflow' }]
      : [
          { report: 'cashflow', label: 'this period' },
          { report: 'cashflow', label: 'the one before', changes: rangeOf(before.request.period) },
        ];
  const chart = cashflowChart(ink, now, before, { width: 1100, height: 340 });
  return html`${reportLead(now, ink)}
${panel(
  {
    title: `Money in and out per ${request.interval}`,
    ink,
    wide: true,
    exports,
    table: '#each',
    note: html`bars: in above, out below; the line is net`,
  },
  html`<div class="choices-row">${intervalChoices(frame, request.interval)}${compareChoices(frame, request.period.from !== null && request.period.to !== null)}</div>${chart}`,
)}
${panel(
  { title: `Each ${request.interval}`, id: 'each', ink, wide: true, exports: { report: 'cashflow' } },
  reportCells(ink, newestFirst(now), {
    caption: `Cash flow per ${request.interval}`,
    behind,
    behindTotal: totalOf,
    most: MOST_LINES,
    bytes: bytesBeside(chart),
  }),
)}`;
}

/** The total's sums of income and spending are those of the whole period. */
function totalOf({ key }: ReportColumn): readonly Narrowing[] {
  return key === 'income' || key === 'spending' ? [{ by: 'flow', value: key }] : [];
}

function newestFirst({ table }: StatsResult): StatsResult['table'] {
  return { ...table, rows: [...table.rows].reverse() };
}

export function intervalChoices(frame: Frame, current: string): Html {
  return html`<p class="choices" role="group" aria-label="Interval">per ${INTERVALS.map((interval) =>
    interval === current
      ? html`<b aria-current="true">${interval}</b> `
      : html`<a href="${linkHere(frame, { by: interval })}">${interval}</a> `,
  )}</p>`;
}

function compareChoices(frame: Frame, bounded: boolean): Html | null {
  if (!bounded) return null;
  const current = frame.query.get('vs') ?? '';
  const choice = (value: string, title: string): Html =>
    current === value
      ? html`<b aria-current="true">${title}</b> `
      : html`<a href="${linkHere(frame, { vs: value === '' ? null : value })}">${title}</a> `;
  return html`<p class="choices" role="group" aria-label="Compared with">beside ${choice('', 'nothing')}${choice('before', 'the period before')}${choice('year', 'a year earlier')}</p>`;
}
