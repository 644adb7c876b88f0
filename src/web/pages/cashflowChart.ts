import type { CashflowRow } from '../../analytics/cashflow.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { FlowBar } from './charts/flowBars.ts';
import { flowBars } from './charts/flowBars.ts';
import { TORN_NOTE } from './charts/mark.ts';
import { MOST_SLIM, type PlotSize, plot } from './charts/plot.ts';
import { daysOf } from './days.ts';
import { type Html, html } from './html.ts';
import type { Ink, Scope } from './ink.ts';
import { axisLabels, intervalName } from './periodNames.ts';

/** More bars than this are thinner than a finger and heavier than a page should be. */
const MOST_BARS = 90;

type View = Pick<StatsResult, 'table' | 'request'>;

/** The bars of a cash flow report, each a door. */
export function cashflowChart(
  ink: Ink,
  { table, request }: View,
  before: View | null,
  size: PlotSize,
  scope: Scope = {},
): Html {
  const all = table.rows as unknown as readonly CashflowRow[];
  const rows = all.slice(-MOST_BARS);
  const { locale, today } = ink.frame;
  const { interval } = request;
  const labels = axisLabels(
    rows.map(({ period }) => period),
    interval,
    locale,
  );
  // Side by side by their place from the first; months of a year stand on each other.
  const earlier = (before?.table.rows ?? []) as unknown as readonly CashflowRow[];
  const bars = rows.map((row, index): FlowBar => {
    const days = daysOf(row.period, request);
    const name = intervalName(row.period, interval, locale);
    const was = earlier[all.length - rows.length + index];
    const mark = (kind: 'income' | 'spending' | 'net'): FlowBar['net'] => ({
      value: Number(row[kind]),
      says: `${kind === 'income' ? 'Income' : kind === 'spending' ? 'Spending' : 'Net'}, ${name}: ${ink.money(row[kind])}${was === undefined ? '' : `; before: ${ink.money(was[kind])}`}`,
      href: ink.behind(kind === 'net' ? [days] : [days, { by: 'flow', value: kind }], scope),
      sum: ink.sum(row[kind]),
    });
    return {
      ...(labels[index] as { label: string; below: string | null }),
      income: mark('income'),
      spending: mark('spending'),
      net: mark('net'),
      before: was === undefined ? null : { income: Number(was.income), spending: Number(was.spending) },
      running: (days.from ?? '') <= today && today < (days.to ?? ''),
    };
  });
  const drawn = plot(
    (each) => flowBars(bars, { ...each, title: `Cash flow per ${interval}`, tick: (value) => ink.tick(value) }),
    size,
    bars.length <= MOST_SLIM,
  );
  const running = bars.at(-1)?.running === true;
  return html`${drawn}${drawn.text.includes('class="torn"') && html`<p class="note">${TORN_NOTE}</p>`}${
    all.length > rows.length &&
    html`<p class="note">The last ${rows.length} of ${ink.count(all.length)} are drawn; take a longer interval or a shorter period for all.</p>`
  }${running && html`<p class="note">The last ${interval} still runs: until today.</p>`}`;
}
