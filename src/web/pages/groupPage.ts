import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { GroupKey, Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { plot } from './charts/plot.ts';
import { type TreemapCell, treemap } from './charts/treemap.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere } from './links.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';
import { nameOf } from './tint.ts';
import { bytesBeside } from './weight.ts';

/** A report's columns that make a group, by the names that addresses have for them. */
export type Keys = Readonly<Record<string, GroupKey>>;

const SUMS = ['amount', 'count'];
const MOST_CELLS = 24;
const MOST_LINES = 200;

/** The exact values that a row was grouped by. */
export function groupOf(keys: Keys, row: ReportRow): readonly Narrowing[] {
  return Object.entries(keys).map(([key, by]) => {
    const value = row[key];
    return { by, value: value === null || value === undefined ? null : String(value) };
  });
}

/** The page of a report that groups transactions: where the money went as areas, and the list. */
export function groupPage(view: StatsResult, frame: Frame, keys: Keys): Html {
  const { table, baseCurrency, report } = view;
  // Who asked for so many gets them, whatever they weigh.
  const asked = frame.query.has('limit');
  const ink = new Ink(frame, baseCurrency.currency);
  const behind = (column: ReportColumn, row: ReportRow): readonly Narrowing[] | null =>
    Object.hasOwn(keys, column.key) || SUMS.includes(column.key) ? groupOf(keys, row) : null;
  const words = (row: ReportRow): string =>
    Object.keys(keys)
      .map((key) => nameOf(row[key], ''))
      .filter(Boolean)
      .join(', ') || '(none)';
  const cells = table.rows
    .filter(({ amount }) => Number(amount) < 0)
    .slice(0, MOST_CELLS)
    .map((row): TreemapCell => {
      const amount = String(row['amount']);
      return {
        name: words(row),
        figure: ink.money(amount),
        size: -Number(amount),
        // Tints are of categories; here names and areas tell all there is.
        tint: 'out',
        href: ink.behind(groupOf(keys, row)),
        says: `${words(row)}: ${ink.money(amount)}, ${ink.countOf(String(row['count']), 'transaction')}`,
        sum: ink.sum(amount),
      };
    });
  const drawn =
    cells.length > 1
      ? plot((size) => treemap(cells, { ...size, title: `Spending by ${table.noun}` }), { width: 1100, height: 300 })
      : null;
  return html`${reportLead(view, ink)}
${drawn !== null && panel({ title: 'Where it went', ink, wide: true, exports: { report }, table: '#groups', note: html`area is spending` }, drawn)}
${panel(
  { title: `By ${table.noun}`, id: 'groups', ink, wide: true, exports: { report } },
  html`${sorting(frame, table.noun)}${reportCells(ink, table, { behind, caption: `Transactions by ${table.noun}`, most: asked ? 1000 : MOST_LINES, ...(asked ? {} : { bytes: bytesBeside(drawn) }) })}`,
)}`;
}

const SORTS: readonly (readonly [string, string])[] = [
  ['amount', 'amount'],
  ['count', 'count'],
  ['average', 'average'],
  ['name', 'name'],
  ['last', 'last seen'],
];

/** How the list may be ordered, as links; `usual` is its order unless the address asks for another. */
export function sorting(frame: Frame, noun: string, sorts = SORTS, usual = 'amount'): Html {
  const current = frame.query.get('sort') || usual;
  return html`<p class="choices" role="group" aria-label="Order of each ${noun}">by ${sorts.map(([key, title]) =>
    key === current
      ? html`<b aria-current="true">${title}</b> `
      : html`<a href="${linkHere(frame, { sort: key })}">${title}</a> `,
  )}</p>`;
}
