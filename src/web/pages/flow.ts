import type { FlowRow } from '../../analytics/flows.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { FlowView } from '../../app/dashboard/flow.ts';
import { exactSum } from '../../model/exactSum.ts';
import { plot } from './charts/plot.ts';
import { type SankeyEnd, sankey } from './charts/sankey.ts';
import type { Exports } from './exports.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { type Changes, linkTo } from './links.ts';
import { panel } from './panel.ts';
import { spanName } from './periodNames.ts';
import { inNoSum } from './reportLead.ts';
import { nameOf, tintClass, tintsOf } from './tint.ts';

/** All categories, whatever other pages are asked for. */
const AS_DRAWN: Changes = { by: null, depth: null, sort: null, limit: null };

/**
 * From where income came to where it went; what is left over was saved, what lacks was drawn. There is no column of accounts
 * between the two: a salary comes into one account and a card spends from another, and what moves between them are transfers,
 * which are in no report. The two sides of an account would differ by what no band shows.
 */
export function flowPage({ request, baseCurrency, flows, notNormalized }: FlowView, frame: Frame): Html {
  const ink = new Ink(frame, baseCurrency.currency);
  const tintOf = tintsOf(request.vocabulary.telling);
  const rows = (flow: FlowRow['flow']): FlowRow[] => flows.filter((row) => row.flow === flow && !row.total);
  const total = (flow: FlowRow['flow']): FlowRow | undefined => flows.find((row) => row.flow === flow && row.total);
  const only = (row: FlowRow): Narrowing[] => [
    { by: 'flow', value: row.flow },
    { by: 'category', value: row.category },
  ];
  const end = (row: FlowRow): SankeyEnd => ({
    name: nameOf(row.category),
    figure: ink.money(row.amount),
    size: Math.abs(Number(row.amount)),
    kind: row.flow === 'income' ? 'in' : tintClass(tintOf(row.category)),
    href: ink.behind(only(row)),
    says: `${nameOf(row.category)}: ${ink.money(row.amount)}, ${ink.countOf(row.count, 'transaction')}`,
    sum: ink.sum(row.amount),
  });
  const incoming = rows('income').filter(({ amount }) => Number(amount) > 0);
  const outgoing = rows('spending').filter(({ amount }) => Number(amount) < 0);
  const sources = incoming.map(end);
  const uses = outgoing.map(end);
  const against = [
    ...rows('income').filter(({ amount }) => Number(amount) < 0),
    ...rows('spending').filter(({ amount }) => Number(amount) > 0),
  ];
  const size = (ends: readonly SankeyEnd[]): number => ends.reduce((sum, each) => sum + each.size, 0);
  const spare = size(sources) - size(uses);
  const difference = exactSum([...incoming, ...outgoing].map(({ amount }) => amount));
  // A filter that leaves one side away says nothing of what was saved.
  const whole = request.filters.flow === null;
  // What runs the other way is in the list of all, but not between the two sides.
  const all = whole && against.length === 0;
  const rest = (name: string): SankeyEnd => ({
    name,
    figure: whole ? ink.money(difference) : '',
    size: Math.abs(spare),
    kind: 'rest',
    href: all ? ink.behind([]) : linkTo(frame, 'cashflow'),
    says: `${name}: ${whole ? `${ink.money(difference)}, ` : ''}the difference between the two sides`,
    sum: all ? ink.sum(difference) : null,
  });
  const even = Number(difference) === 0;
  const left = even || spare > 0 ? sources : [...sources, rest(whole ? 'Drawn from savings' : 'Income, filtered out')];
  const right = even || spare < 0 ? uses : [...uses, rest(whole ? 'Saved' : 'Spending, filtered out')];
  // Income by category and spending by category are two reports; a filter leaves one of them.
  const sides = (['income', 'spending'] as const)
    .filter((flow) => request.filters.flow === null || request.filters.flow === flow)
    .map((flow): Exports => ({ report: 'categories', label: flow, changes: { ...AS_DRAWN, [flow]: '1' } }));
  const exports: Exports[] = whole ? [...sides, { report: 'cashflow', label: 'net', changes: AS_DRAWN }] : sides;
  const table = html`<div class="scroll" tabindex="0" role="region" aria-label="Income and spending by category"><table class="report"><thead><tr><th scope="col">Category</th><th scope="col" class="money">Amount <small>${ink.currency}</small></th><th scope="col" class="count">Count</th></tr></thead>
${(['income', 'spending'] as const).map((flow) => {
  const all = total(flow);
  if (all === undefined) return null;
  return html`<tbody><tr class="group"><th scope="row">${flow === 'income' ? 'Income' : 'Spending'}</th><td class="money">${ink.figure(all.amount, [{ by: 'flow', value: flow }])}</td><td class="count">${ink.counted(all.count, [{ by: 'flow', value: flow }])}</td></tr>
${rows(flow).map(
  (
    row,
  ) => html`<tr><th scope="row" class="inner">${nameOf(row.category)}</th><td class="money">${ink.figure(row.amount, only(row))}</td><td class="count">${ink.counted(row.count, only(row))}</td></tr>
`,
)}</tbody>`;
})}</table></div>`;
  return html`<p class="lead">${spanName(request.period.from, request.period.to, frame.locale)} · in ${ink.currency}${inNoSum(notNormalized, ink)}</p>
${panel(
  { title: 'From income to spending', ink, wide: true, exports, table: '#flows' },
  html`${plot(({ width }) => sankey(left, right, { width, title: 'From income to spending' }), { width: 1100, height: 0 })}${
    against.length > 0 &&
    html`<p class="note">Not drawn, because they run the other way: ${against.map((row, index) => html`${index > 0 && ', '}${nameOf(row.category)} ${ink.figure(row.amount, only(row))}`)}.</p>`
  }`,
)}
${panel({ title: 'The same as a table', id: 'flows', ink, wide: true, exports }, table)}`;
}
