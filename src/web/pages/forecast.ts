import type { ForecastView } from '../../app/stats/readForecast.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { bandChart } from './charts/bandChart.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere, linkTo } from './links.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

const MOST_DUE = 60;

/** The next months with their bounds, what is due, and how far off it was in the past. */
export function forecastPage(result: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, result.baseCurrency.currency);
  const view = result.forecast;
  if (view === null || view.ways === null)
    return html`${reportLead(result, ink)}
<p class="empty">Too little history for a forecast: it takes three whole months. What is known to come is among the <a href="${linkTo(frame, 'recurring')}">recurring payments</a>.</p>`;
  const { groupBy, backtest } = result.request;
  const exports = { report: 'forecast' } as const;
  const cells = reportCells(ink, result.table, { behind: () => null, caption: 'Forecast by month' });
  const table = panel(
    { title: backtest ? 'How it did' : 'By month', ink, wide: true, exports, note: 'estimates' },
    cells,
  );
  return html`${reportLead(result, ink)}
<p>${words(ink, view)} · <a href="${linkHere(frame, { by: groupBy === 'category' ? null : 'category', backtest: null })}">${groupBy === 'category' ? 'in total' : 'by category'}</a> · <a href="${linkHere(frame, { by: groupBy === 'account' ? null : 'account', backtest: null })}">${groupBy === 'account' ? 'in total' : 'by account'}</a> · <a href="${linkHere(frame, { backtest: backtest ? null : '1', by: null })}">${backtest ? 'what comes' : 'how it did on the past'}</a></p>
${groupBy === null && !backtest && panel({ title: 'Net by month', ink, wide: true, exports, note: 'bars are what was, points what is expected, within bounds made to hold eight of ten months' }, html`<div class="plot">${chart(ink, result, view)}</div>`)}
${table}
${!backtest && view.expected.length > 0 && panel({ title: 'What is due', ink, wide: true, exports, note: html`as the <a href="${linkTo(frame, 'recurring')}">recurring payments</a> go` }, due(ink, view))}`;
}

function words(ink: Ink, view: ForecastView): Html {
  const net = view.accuracy.find(({ flow }) => flow === 'net');
  return html`Estimates from what was known on ${view.origin}${
    net !== undefined &&
    net.months > 0 &&
    html`; a month ahead, net was missed by ${ink.money(net.meanError.toFixed(2))} on average over ${ink.countOf(net.months, 'month')}${net.judged > 0 && html`, and its bounds held ${ink.count(net.held)} of ${ink.count(net.judged)}`}`
  }${view.lowest !== null && html`; the lowest balance expected is ${ink.money(view.lowest.balance.toFixed(2))} on ${view.lowest.day}`}`;
}

function chart(ink: Ink, { table }: StatsResult, view: ForecastView): Html {
  const number = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  const months = [
    ...view.past.map(({ month, net }) => ({
      label: month,
      value: net,
      low: null,
      high: null,
      expected: false,
      says: `${month}: ${ink.money(net.toFixed(2))}`,
    })),
    ...table.rows.map((row) => ({
      label: String(row['month']),
      value: Number(row['net']),
      low: number(row['net_low']),
      high: number(row['net_high']),
      expected: true,
      says: `${row['month']}, expected: ${ink.money(String(row['net']))}${row['net_low'] === null ? '' : ` (${ink.money(String(row['net_low']))} to ${ink.money(String(row['net_high']))})`}`,
    })),
  ];
  return bandChart(months, {
    width: 900,
    height: 280,
    title: 'Net by month, expected',
    tick: (value) => ink.tick(value),
  });
}

function due(ink: Ink, { expected }: ForecastView): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What is due"><table class="report">
<thead><tr><th scope="col">Day</th><th scope="col">Merchant</th><th scope="col" class="money">Amount <small>${ink.currency}</small></th><th scope="col">Cadence</th></tr></thead>
<tbody>${expected.slice(0, MOST_DUE).map(
    ({ day, merchant, amount, cadence, overdue_since }) =>
      html`<tr><th scope="row">${day}</th><td>${merchant}</td><td class="money">${ink.money(amount)}</td><td>${cadence}${overdue_since !== null && html`, overdue since ${overdue_since}`}</td></tr>
`,
  )}</tbody></table></div>${
    expected.length > MOST_DUE &&
    html`<p class="note">${ink.count(MOST_DUE)} of ${ink.count(expected.length)} are shown; the JSON has all.</p>`
  }`;
}
