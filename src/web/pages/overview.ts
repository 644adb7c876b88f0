import { expectedDays } from '../../analytics/cadences.ts';
import type { CashflowRow } from '../../analytics/cashflow.ts';
import { dayToExpectFrom } from '../../analytics/lastKnown.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { OverviewRow } from '../../analytics/overview.ts';
import type { OverviewView } from '../../app/dashboard/overview.ts';
import { addDaysIso } from '../../model/period.ts';
import { monthBehind, reasonCell } from './anomalies.ts';
import { cashflowChart } from './cashflowChart.ts';
import { plot } from './charts/plot.ts';
import { cellBar, sparkline } from './charts/sparkline.ts';
import { treemap } from './charts/treemap.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { EVERY_ROW, Ink, type Scope } from './ink.ts';
import { type Changes, linkHere, linkTo, rangeOf } from './links.ts';
import { footOf, panel } from './panel.ts';
import { spanName } from './periodNames.ts';
import { seriesOf } from './recurring.ts';
import { sizes } from './reportCells.ts';
import { inNoSum } from './reportLead.ts';
import { nameOf, tintsOf } from './tint.ts';

/** So many days ahead. */
const AHEAD = 14;

/** The parts are as they are, whatever order and length the address asks of other pages. */
const PLAIN: Changes = { by: null, depth: null, sort: null, limit: null };

/** Four figures, and where to look next. */
export function overviewPage(view: OverviewView, frame: Frame): Html {
  const { main, baseCurrency, cashflow, previous } = view;
  const ink = new Ink(frame, baseCurrency.currency);
  const own: Scope = { period: null, from: main.from, to: main.to };
  const from = dayToExpectFrom(view.request);
  const spending: Changes = {
    ...own,
    ...PLAIN,
    ...(view.request.filters.flow === null ? { spending: '1' } : {}),
  };
  const name = spanName(main.from, main.to, frame.locale);
  return html`<p class="lead">${name}${frame.query.get('period') === null && main.span === 'latest' && ', the latest month that is over'} · in ${baseCurrency.currency}${
    previous !== null && html` · beside ${spanName(previous.from, previous.to, frame.locale)}`
  } · <a href="${ink.behind(dayOnly(main), scopeOf(view))}" data-count="${main.count}">${ink.countOf(main.count, 'transaction')}</a>${inNoSum(view.notNormalized, ink, own)}</p>
${baseCurrency.doubt !== null && html`<p class="warning" role="note">${baseCurrency.doubt}</p>`}
${figures(ink, view)}
${footOf({ title: 'The figures', ink, exports: { report: 'overview' } })}
<div class="grid">
${panel({ title: 'Cash flow, 13 months', ink, exports: { report: 'cashflow', changes: { ...rangeOf(cashflow.request.period), ...PLAIN } }, table: cashflowTable(ink, view) }, cashflowChart(ink, cashflow, null, { width: 620, height: 300 }, rangeOf(cashflow.request.period)))}
${panel({ title: 'Where it went', ink, exports: { report: 'categories', changes: { ...spending, limit: '24' } }, note: html`<a href="${linkTo(frame, 'categories', own)}">all categories</a>`, table: categoryTable(ink, view, own) }, areas(ink, view, own))}
${panel({ title: 'What comes next', ink, exports: { report: 'recurring', changes: { ...PLAIN, period: null, from: null, to: view.request.period.to, limit: '200' } }, note: html`${AHEAD} days${from !== frame.today && html` from <span class="whole">${from}</span>, where the data ends`}, expected · <a href="${linkTo(frame, 'recurring')}">all</a>` }, next(ink, view, from))}
${panel({ title: 'Whom it went to', ink, exports: { report: 'merchants', changes: { ...spending, limit: '8' } }, note: html`<a href="${linkTo(frame, 'merchants', own)}">all merchants</a>` }, merchants(ink, view, own))}
</div>
${panel({ title: 'Worth a look', ink, wide: true, exports: { report: 'anomalies', changes: { ...own, ...PLAIN, limit: '3' } }, note: html`<a href="${linkTo(frame, 'anomalies', own)}">all ${view.anomalies !== null && ink.count(view.anomalies.count)}</a>` }, unusual(ink, view))}`;
}

/** Figures count transfers within the days of all spans that are set side by side. */
function scopeOf({ hull }: OverviewView): Scope {
  return rangeOf(hull);
}

function dayOnly({ from, to }: OverviewRow): Narrowing[] {
  return from === null && to === null ? [] : [{ by: 'day', from, to }];
}

function figures(ink: Ink, view: OverviewView): Html {
  const { main, previous, lastYear, cashflow } = view;
  const rows = cashflow.table.rows as unknown as readonly CashflowRow[];
  const sum = (kind: 'income' | 'spending' | 'net', row: OverviewRow): Html | null =>
    ink.figure(
      row[kind],
      [...dayOnly(row), ...(kind === 'net' ? [] : [{ by: 'flow', value: kind } as const])],
      scopeOf(view),
    );
  const before = (kind: 'income' | 'spending' | 'net', row: OverviewRow | null, words: string): Html | null =>
    row === null ? null : html`<span class="beside">${words} ${sum(kind, row)} ${change(ink, kind, main, row)}</span>`;
  const levels = (values: number[]): readonly number[] => (values.some((value) => value > 0) ? values : sizes(values));
  const one = (
    kind: 'income' | 'spending' | 'net',
    title: string,
  ): Html => html`<div class="figure ${kind}"><h2>${title}</h2><p class="big">${sum(kind, main)}</p>
${before(kind, previous, 'before')}${before(kind, lastYear, 'a year ago')}${sparkline(levels(rows.map((row) => Number(row[kind]))))}</div>`;
  const rate = main.savings_rate;
  return html`<div class="figures">${one('income', 'Income')}${one('spending', 'Spending')}${one('net', 'Net')}<div class="figure"><h2>Saved</h2><p class="big">${rate === null ? '–' : ink.share(rate)}</p>
${previous !== null && previous.savings_rate !== null && html`<span class="beside">before ${ink.share(previous.savings_rate)}</span>`}${
  lastYear !== null &&
  lastYear.savings_rate !== null &&
  html`<span class="beside">a year ago ${ink.share(lastYear.savings_rate)}</span>`
}<span class="beside">of income</span></div></div>`;
}

/** `▲ 12.3 % more`: by a mark and words, never by colour alone. */
function change(ink: Ink, kind: 'income' | 'spending' | 'net', now: OverviewRow, was: OverviewRow): Html | null {
  const [current, earlier] = [Number(now[kind]), Number(was[kind])];
  if (kind === 'net' || earlier === 0 || current === 0 || Math.sign(current) !== Math.sign(earlier)) return null;
  const ratio = Math.abs(current) / Math.abs(earlier) - 1;
  if (Math.abs(ratio) < 0.0005) return html`<b class="change">about the same</b>`;
  return html`<b class="change">${ratio > 0 ? '▲' : '▼'} ${ink.share(Math.abs(ratio))} ${ratio > 0 ? 'more' : 'less'}</b>`;
}

function cashflowTable(ink: Ink, { cashflow }: OverviewView): Html {
  const rows = cashflow.table.rows as unknown as readonly CashflowRow[];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Cash flow per month"><table class="report"><thead><tr><th scope="col">Month</th><th scope="col" class="money">Income</th><th scope="col" class="money">Spending</th><th scope="col" class="money">Net</th></tr></thead><tbody>${rows.map(
    (
      row,
    ) => html`<tr><th scope="row">${row.period}</th><td class="money">${ink.money(row.income)}</td><td class="money">${ink.money(row.spending)}</td><td class="money">${ink.money(row.net)}</td></tr>
`,
  )}</tbody></table></div>`;
}

type Spent = {
  readonly category: string | null;
  readonly merchant: string | null;
  readonly amount: string;
  readonly count: string;
};

function flowOnly({ request }: OverviewView): Narrowing[] {
  return request.filters.flow === null ? [{ by: 'flow', value: 'spending' }] : [];
}

function areas(ink: Ink, view: OverviewView, own: Scope): Html {
  const rows = view.categories.table.rows as unknown as readonly Spent[];
  const tintOf = tintsOf(view.request.vocabulary.telling);
  const cells = rows
    .filter(({ amount }) => Number(amount) < 0)
    .map((row) => ({
      name: nameOf(row.category),
      figure: ink.money(row.amount),
      size: -Number(row.amount),
      tint: tintOf(row.category),
      href: ink.behind([{ by: 'category', value: row.category }, ...flowOnly(view)], own),
      says: `${nameOf(row.category)}: ${ink.money(row.amount)}, ${ink.countOf(row.count, 'transaction')}`,
      sum: ink.sum(row.amount),
    }));
  return plot((size) => treemap(cells, { ...size, title: 'Spending by category' }), { width: 620, height: 300 });
}

function categoryTable(ink: Ink, view: OverviewView, own: Scope): Html {
  return ranked(ink, view, view.categories.table.rows as unknown as readonly Spent[], 'category', own);
}

function merchants(ink: Ink, view: OverviewView, own: Scope): Html {
  const rows = view.merchants.table.rows as unknown as readonly Spent[];
  return rows.length === 0
    ? html`<p class="empty">Nothing was spent in this period.</p>`
    : ranked(ink, view, rows, 'merchant', own);
}

function ranked(ink: Ink, view: OverviewView, rows: readonly Spent[], by: 'category' | 'merchant', own: Scope): Html {
  const largest = Math.max(...rows.map(({ amount }) => Math.abs(Number(amount))));
  return html`<table class="report ranked"><tbody>${rows.map((row) => {
    const only: Narrowing[] = [{ by, value: row[by] }, ...flowOnly(view)];
    return html`<tr><th scope="row"><a href="${ink.behind(only, own)}">${nameOf(row[by])}</a></th><td class="bar">${cellBar(Number(row.amount), largest)}</td><td class="money">${ink.figure(row.amount, only, own)}</td></tr>
`;
  })}</tbody></table>`;
}

/** What takes seconds at millions of rows: a script asks for it, and who has none follows the link. */
function later(ink: Ink): Html {
  return html`<p class="empty" data-later>Being worked out … <a href="${linkHere(ink.frame, { whole: '1' })}">wait for it</a></p>`;
}

/** Whether something is left for later on a page. */
export function isPartial(page: Html): boolean {
  return page.text.includes('<p class="empty" data-later>');
}

function next(ink: Ink, { recurring }: OverviewView, from: string): Html {
  if (recurring === null) return later(ink);
  const last = addDaysIso(from, AHEAD);
  const due = recurring
    .filter(({ state }) => state !== 'stopped')
    .flatMap((row) => expectedDays(row, last).map((iso) => ({ iso, row })))
    .filter(({ iso }) => iso >= from)
    .sort((a, b) => (a.iso < b.iso ? -1 : a.iso > b.iso ? 1 : 0));
  if (due.length === 0) return html`<p class="empty">Nothing that comes back is due in the next ${AHEAD} days.</p>`;
  const day = new Intl.DateTimeFormat(ink.frame.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  return html`<table class="report ranked"><tbody>${due.slice(0, 10).map(
    ({
      iso,
      row,
    }) => html`<tr><td class="date">${day.format(new Date(`${iso}T00:00:00Z`))}</td><th scope="row"><a href="${ink.behind(seriesOf(row))}">${row.merchant}</a></th><td class="note">${row.cadence}${row.type === 'varying' && ', varies'}</td><td class="money">${ink.money(row.amount)}</td></tr>
`,
  )}</tbody></table>${due.length > 10 && html`<p class="note">and ${due.length - 10} more</p>`}`;
}

/** One row by its id, whatever its day and whether or not another report takes it for a transfer. */
const ONE: Scope = { ...EVERY_ROW, period: null, from: null, to: null };

function unusual(ink: Ink, view: OverviewView): Html {
  const { anomalies } = view;
  if (anomalies === null) return later(ink);
  if (anomalies.rows.length === 0) return html`<p class="empty">Nothing unusual.</p>`;
  return html`<table class="report ranked"><tbody>${anomalies.rows.map((row) => {
    const month = monthBehind(row, view.main.to);
    const only: readonly Narrowing[] =
      month?.only ?? (row.tx_id === null ? [{ by: 'payee', value: row.merchant }] : [{ by: 'id', value: row.tx_id }]);
    const scope = month?.scope ?? ONE;
    const name = month === null ? nameOf(row.merchant) : nameOf(month.category);
    return html`<tr><td class="date">${row.date}</td><th scope="row"><a href="${ink.behind(only, scope)}">${name}</a></th><td class="note">${row.kind}: ${reasonCell(ink, { key: 'reason' }, row)}</td><td class="money">${row.tx_id === null && month === null ? ink.money(row.amount) : ink.figure(row.amount, only, scope)}</td></tr>
`;
  })}</tbody></table>`;
}
