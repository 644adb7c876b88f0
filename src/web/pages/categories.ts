import type { CategoryRow } from '../../analytics/categories.ts';
import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { intervalsOf } from '../../render/stats/text.ts';
import { intervalChoices } from './cashflow.ts';
import { TORN_NOTE } from './charts/mark.ts';
import { MOST_SLIM_PARTS, plot } from './charts/plot.ts';
import { type StackedBar, stackedBars } from './charts/stackedBars.ts';
import { treemap } from './charts/treemap.ts';
import { daysOf } from './days.ts';
import type { Frame } from './frame.ts';
import { groupOf, type Keys, sorting } from './groupPage.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere } from './links.ts';
import { panel } from './panel.ts';
import { axisLabels, intervalName } from './periodNames.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';
import { nameOf, type Tints, tintsOf } from './tint.ts';
import { bytesBeside, withinBytes } from './weight.ts';

/** Bars and parts beyond are too many to be told apart. */
const MOST_BARS = 36;
const MOST_PARTS = 8;
const MOST_CELLS = 24;
/** Lines of the table and of the one by interval: by subcategory they are many, and heavy. */
const MOST_LINES = { 1: [200, 40], 2: [32, 12] } as const;

type Row = CategoryRow & ReportRow;

/** Each category over the intervals of the period. */
export function categoriesPage(view: StatsResult, frame: Frame): Html {
  const { request, table, baseCurrency } = view;
  const ink = new Ink(frame, baseCurrency.currency);
  const rows = table.rows as readonly Row[];
  const tintOf = tintsOf(request.vocabulary.telling);
  const keys: Keys =
    request.depth === 2 ? { category: 'category', subcategory: 'subcategory' } : { category: 'category' };
  const behind = (column: ReportColumn, row: ReportRow): readonly Narrowing[] | null =>
    ['category', 'subcategory', 'amount', 'count'].includes(column.key) ? groupOf(keys, row) : null;
  const spent = rows.filter(({ amount }) => Number(amount) < 0);
  const words = (row: Row): string =>
    [nameOf(row.category), ...(request.depth === 2 && row.subcategory ? [row.subcategory] : [])].join(': ');
  const says = (row: Row): string =>
    `${words(row)}: ${ink.money(row.amount)}, ${ink.countOf(row.count, 'transaction')}`;
  const cells = spent.slice(0, MOST_CELLS).map((row) => ({
    name: words(row),
    figure: ink.money(row.amount),
    size: -Number(row.amount),
    tint: tintOf(row.category),
    href: ink.behind(groupOf(keys, row)),
    says: says(row),
    sum: ink.sum(row.amount),
  }));
  const areas = plot(
    (size) => treemap(cells, { ...size, title: 'Spending by category' }),
    { width: 540, height: 320 },
    request.depth === 1,
  );
  const series = stacked(ink, view, spent, keys, tintOf);
  // The tables take what the charts leave: names may be long, and many.
  const left = bytesBeside(areas, series);
  const months = monthTable(ink, view, rows, keys, left * 0.4);
  return html`${reportLead(view, ink)}
<div class="grid">
${panel({ title: 'Where it went', ink, exports: { report: 'categories' }, table: '#categories', note: html`area is spending` }, html`${areas}${spent.length > MOST_CELLS && html`<p class="note">${ink.count(spent.length - MOST_CELLS)} smaller ones are in the table.</p>`}`)}
${panel({ title: `Spending per ${request.interval}`, ink, exports: { report: 'categories' }, table: months === null ? '#categories' : '#each' }, html`${intervalChoices(frame, request.interval)}${series}`)}
</div>
${panel(
  { title: 'Categories', id: 'categories', ink, wide: true, exports: { report: 'categories' } },
  html`<div class="choices-row">${sorting(frame, 'category')}${depthChoice(frame, request.depth)}</div>${reportCells(ink, table, { behind, caption: 'Transactions by category', most: MOST_LINES[request.depth][0], bytes: left * 0.6 })}`,
)}
${months}`;
}

function depthChoice(frame: Frame, depth: 1 | 2): Html {
  return depth === 2
    ? html`<p class="choices"><a href="${linkHere(frame, { depth: null })}">categories</a> <b aria-current="true">subcategories</b></p>`
    : html`<p class="choices"><b aria-current="true">categories</b> <a href="${linkHere(frame, { depth: '2' })}">subcategories</a></p>`;
}

function stacked(ink: Ink, view: StatsResult, spent: readonly Row[], keys: Keys, tintOf: Tints): Html {
  const { request } = view;
  const every = intervalsOf(view);
  const intervals = every.slice(-MOST_BARS);
  const labels = axisLabels(intervals, request.interval, ink.frame.locale);
  const shown = spent.slice(0, MOST_PARTS);
  const amounts = shown.map(({ periods }) => new Map(periods.map(({ period, amount }) => [period, amount])));
  const bars = intervals.map((period, index): StackedBar => {
    const days = daysOf(period, request);
    const name = intervalName(period, request.interval, ink.frame.locale);
    return {
      ...(labels[index] as { label: string; below: string | null }),
      parts: shown.flatMap((row, place) => {
        const amount = amounts[place]?.get(period);
        if (amount === undefined || Number(amount) === 0) return [];
        // Drawn upwards: this chart is of spending, and a refund hangs below.
        return [
          {
            value: -Number(amount),
            tint: tintOf(row.category),
            href: ink.behind([...groupOf(keys, row), days]),
            says: `${nameOf(row.category)}, ${name}: ${ink.money(amount)}`,
            sum: ink.sum(amount),
          },
        ];
      }),
    };
  });
  const end = intervals.at(-1) ?? '';
  const last = shown.filter((_, place) => Number(amounts[place]?.get(end) ?? 0) !== 0);
  const title = `Spending by category per ${request.interval}`;
  const names = last.map((row) => row.subcategory ?? nameOf(row.category));
  const chart = plot(
    (size) => stackedBars(bars, { ...size, title, tick: (value) => ink.tick(value), names }),
    { width: 540, height: 290 },
    bars.length * shown.length <= MOST_SLIM_PARTS,
  );
  return html`${chart}${chart.text.includes('class="torn"') && html`<p class="note">${TORN_NOTE}</p>`}<ul class="legend">${shown.map(
    (row) =>
      html`<li><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect class="tint-${tintOf(row.category)}" width="10" height="10"/></svg> ${nameOf(row.category)}${row.subcategory ? `: ${row.subcategory}` : ''}</li>`,
  )}</ul>${spent.length > MOST_PARTS && html`<p class="note">The ${MOST_PARTS} largest; all are in the table.</p>`}${
    every.length > intervals.length &&
    html`<p class="note">The last ${intervals.length} of ${ink.count(every.length)}; take a longer interval or a shorter period for all.</p>`
  }`;
}

/** Every category in every interval, each cell a door. */
function monthTable(ink: Ink, view: StatsResult, rows: readonly Row[], keys: Keys, bytes: number): Html | null {
  const { request } = view;
  const intervals = intervalsOf(view).slice(-13);
  if (intervals.length < 2 || rows.length === 0) return null;
  const lines = rows.slice(0, MOST_LINES[request.depth][1]).map((row) => {
    const amounts = new Map(row.periods.map(({ period, amount }) => [period, amount]));
    return html`<tr><th scope="row">${nameOf(row.category)}${row.subcategory ? `: ${row.subcategory}` : ''}</th>${intervals.map(
      (period) => html`<td>${ink.figure(amounts.get(period), [...groupOf(keys, row), daysOf(period, request)])}</td>`,
    )}</tr>
`;
  });
  const shown = withinBytes(lines, bytes);
  const table = html`<div class="scroll latest" tabindex="0" role="region" aria-label="Categories by ${request.interval}"><table class="report months"><thead><tr><th scope="col">Category</th>${intervals.map((period) => html`<th scope="col" class="money">${period}</th>`)}</tr></thead>
<tbody>${shown}</tbody></table></div>`;
  return panel(
    {
      title: `Each ${request.interval}`,
      id: 'each',
      ink,
      exports: { report: 'categories' },
      wide: true,
      note: html`the last ${intervals.length}, in ${ink.currency}${rows.length > shown.length && `; ${shown.length} of ${ink.count(rows.length)} categories, the exports have all`}`,
    },
    table,
  );
}
