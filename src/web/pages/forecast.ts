import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { ForecastView } from '../../app/stats/readForecast.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { bandChart } from './charts/bandChart.ts';
import { MOST_SLIM, plot } from './charts/plot.ts';
import type { Exports } from './exports.ts';
import type { Frame } from './frame.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { Ink, type Scope } from './ink.ts';
import { linkHere, linkTo } from './links.ts';
import { panel } from './panel.ts';
import { axisLabels, intervalName } from './periodNames.ts';
import { paymentsOf } from './recurring.ts';
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
  const cells = reportCells(ink, result.table, {
    behind: () => null,
    cell: (column, row) => (backtest ? undefined : estimate(ink, result, view, column, row)),
    caption: 'Forecast by month',
  });
  const basis = html`estimates, and no sums: each leads to the transactions that it was made from, a bound to <a href="${linkHere(frame, { backtest: '1', by: null })}">past errors</a>`;
  const table = panel(
    {
      title: backtest ? 'How it did' : 'By month',
      id: 'forecast',
      ink,
      wide: true,
      exports,
      note: backtest ? 'errors on months that are over' : basis,
    },
    cells,
  );
  return html`${reportLead(result, ink)}
<p>${words(ink, view)} · <a href="${linkHere(frame, { by: groupBy === 'category' ? null : 'category', backtest: null })}">${groupBy === 'category' ? 'in total' : 'by category'}</a> · <a href="${linkHere(frame, { by: groupBy === 'account' ? null : 'account', backtest: null })}">${groupBy === 'account' ? 'in total' : 'by account'}</a> · <a href="${linkHere(frame, { backtest: backtest ? null : '1', by: null })}">${backtest ? 'what comes' : 'how it did on the past'}</a></p>
${groupBy === null && !backtest && panel({ title: 'Net by month', ink, wide: true, exports: [{ ...exports, label: 'expected' }, WHAT_WAS], table: '#forecast', note: 'bars are what was, points what is expected, within bounds made to hold eight of ten months' }, chart(ink, result, view))}
${table}
${!backtest && view.expected.length > 0 && panel({ title: 'What is due', ink, wide: true, exports, note: html`as the <a href="${linkTo(frame, 'recurring')}">recurring payments</a> go` }, due(ink, result, view))}`;
}

function words(ink: Ink, view: ForecastView): Html {
  const net = view.accuracy.find(({ flow }) => flow === 'net');
  return html`Estimates from what was known on <span class="whole">${view.origin}</span>${
    net !== undefined &&
    net.months > 0 &&
    html`; ${view.withinMonth ? 'with the month begun as far as now' : 'a month ahead'}, net was missed by ${ink.money(net.meanError.toFixed(2))} on average over ${ink.countOf(net.months, 'month')}${net.judged > 0 && html`, and its bounds held ${ink.count(net.held)} of ${ink.count(net.judged)}`}`
  }${view.lowest !== null && html`; the lowest balance expected is ${ink.money(view.lowest.balance.toFixed(2))} on ${view.lowest.day}`}`;
}

/** The months that are over, of which the chart has the last. */
const WHAT_WAS: Exports = { report: 'cashflow', label: 'so far', changes: { by: 'month', limit: null } };

/** What a forecast looks at: all that is known up to the end of the period. */
function historyOf({ request }: StatsResult): Scope {
  return { period: null, from: null, to: request.period.to };
}

function upTo({ origin }: ForecastView): Narrowing {
  return { by: 'day', from: null, to: origin };
}

function chart(ink: Ink, result: StatsResult, view: ForecastView): Html {
  const number = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  const name = (month: unknown): string => intervalName(String(month), 'month', ink.frame.locale);
  const { rows } = result.table;
  const labels = axisLabels(
    [...view.past, ...rows].map(({ month }) => String(month)),
    'month',
    ink.frame.locale,
  );
  const months = [
    ...view.past.map(({ month, net, from, to }) => ({
      value: Number(net),
      low: null,
      high: null,
      expected: false,
      href: ink.behind([{ by: 'day', from, to }], historyOf(result)),
      says: `${name(month)}: ${ink.money(net)}`,
      sum: ink.sum(net),
    })),
    ...rows.map(({ month, net, net_low, net_high }) => ({
      value: Number(net),
      low: number(net_low),
      high: number(net_high),
      expected: true,
      href: ink.behind([upTo(view)], historyOf(result)),
      says: `${name(month)}, expected: ${ink.money(String(net))}${net_low === null ? '' : ` (${ink.money(String(net_low))} to ${ink.money(String(net_high))})`}, made from the transactions up to ${view.origin}`,
    })),
  ];
  const drawn = months.map((month, index) => ({
    ...month,
    label: labels[index]?.label ?? '',
    below: labels[index]?.below ?? null,
  }));
  return plot(
    (size) => bandChart(drawn, { ...size, title: 'Net by month, expected', tick: (value) => ink.tick(value) }),
    { width: 1100, height: 300 },
    drawn.length <= MOST_SLIM,
  );
}

/** An estimate is no sum of any transactions: it leads to those that it was made from, and a bound to the errors of the past. */
function estimate(
  ink: Ink,
  result: StatsResult,
  view: ForecastView,
  { key }: ReportColumn,
  row: ReportRow,
): HtmlValue | undefined {
  const { groupBy } = result.request;
  const name = row['name'] == null ? null : String(row['name']);
  const group: Narrowing[] = groupBy === 'account' || groupBy === 'category' ? [{ by: groupBy, value: name }] : [];
  const words = row[key] == null ? null : key === 'name' ? String(row[key]) : ink.money(String(row[key]));
  if (key === 'month') return undefined;
  if (key === 'name')
    return html`<a href="${ink.behind([...group, upTo(view)], historyOf(result))}">${words ?? '(none)'}</a>`;
  if (words === null) return null;
  if (key.endsWith('_low') || key.endsWith('_high'))
    return html`<a href="${linkHere(ink.frame, { backtest: '1', by: null })}">${words}</a>`;
  const flow: Narrowing[] = key === 'income' || key === 'spending' ? [{ by: 'flow', value: key }] : [];
  return html`<a href="${ink.behind([...group, ...flow, upTo(view)], historyOf(result))}">${words}</a>`;
}

function due(ink: Ink, result: StatsResult, { expected }: ForecastView): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What is due"><table class="report">
<thead><tr><th scope="col" class="date">Day</th><th scope="col">Merchant</th><th scope="col" class="money">Usually <small>${ink.currency}</small></th><th scope="col">Cadence</th></tr></thead>
<tbody>${expected.slice(0, MOST_DUE).map(
    ({ day, merchant, account, amount, cadence, overdue_since }) =>
      html`<tr><td class="date">${day}</td><th scope="row"><a href="${ink.behind(paymentsOf(merchant, account, amount), historyOf(result))}">${merchant}</a></th><td class="money">${ink.money(amount)}</td><td>${cadence}${overdue_since !== null && html`, overdue since ${overdue_since}`}</td></tr>
`,
  )}</tbody></table></div>${
    expected.length > MOST_DUE &&
    html`<p class="note">${ink.count(MOST_DUE)} of ${ink.count(expected.length)} are shown; the JSON has all.</p>`
  }`;
}
