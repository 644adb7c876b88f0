import { expectedDays } from '../../analytics/cadences.ts';
import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import { dayToExpectFrom } from '../../analytics/lastKnown.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { RecurringRow, RecurringTotal } from '../../analytics/recurring.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { sorting } from './groupPage.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { panel } from './panel.ts';
import { intervalName } from './periodNames.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

const OPTIONAL = ['price_before', 'changed_on', 'overdue_since'] as const;
/** A day has room for so many. */
const MOST_A_DAY = 4;

/** Subscriptions, bills, salary: what comes when, and what it costs in a year. */
export function recurringPage(view: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, view.baseCurrency.currency);
  const rows = view.table.rows as unknown as readonly RecurringRow[];
  const total = view.table.total as unknown as RecurringTotal | null;
  const from = dayToExpectFrom(view.request);
  const going = rows.filter(({ state }) => state !== 'stopped');
  // What is empty in every row takes no room; the exports have all.
  const empty = OPTIONAL.filter((key) => rows.every((row) => row[key] === null));
  return html`${reportLead(view, ink)}
${total !== null && html`<p>${ink.count(total.going)} are going: ${ink.money(total.out_per_year)} out and ${ink.money(total.in_per_year)} in per year.</p>`}
${panel({ title: 'What comes next', ink, wide: true, exports: { report: 'recurring' }, table: '#series', note: from === frame.today ? 'expected from what came so far' : html`expected after <span class="whole">${from}</span>, where the data ends` }, calendar(ink, going, from, frame.today))}
${panel(
  {
    title: 'What comes back',
    ink,
    wide: true,
    id: 'series',
    exports: { report: 'recurring' },
    note: 'amounts are the usual ones, not sums; a name leads to all payments',
  },
  html`${sorting(frame, 'payment')}${reportCells(ink, { ...view.table, total: null }, { behind: recurringBehind, caption: 'Recurring payments', most: 1000, without: ['month_days', ...empty] })}`,
)}`;
}

/** The payments of a series: usual amounts and costs per year are no sums, so only its name leads there. */
export function recurringBehind({ key }: ReportColumn, row: ReportRow): readonly Narrowing[] | null {
  return key === 'merchant' && row['merchant'] !== undefined ? seriesOf(row as unknown as RecurringRow) : null;
}

export function seriesOf({ merchant, account_id, amount }: RecurringRow): Narrowing[] {
  return paymentsOf(merchant, account_id, amount);
}

export function paymentsOf(payee: string, account: string | null, amount: string): Narrowing[] {
  return [
    { by: 'payee', value: payee },
    { by: 'account', value: account },
    { by: 'sign', value: amount.startsWith('-') ? 'out' : 'in' },
  ];
}

/** What is expected, by its day. */
type Due = ReadonlyMap<string, readonly RecurringRow[]>;

/** The month of a day and the next, as two sheets. */
function calendar(ink: Ink, rows: readonly RecurringRow[], from: string, today: string): Html {
  const next = new Date(Date.UTC(Number(from.slice(0, 4)), Number(from.slice(5, 7)), 1)).toISOString().slice(0, 7);
  const due = new Map<string, RecurringRow[]>();
  for (const row of rows)
    for (const iso of expectedDays(row, `${next}-31`)) due.set(iso, [...(due.get(iso) ?? []), row]);
  return html`<div class="grid">${[from.slice(0, 7), next].map((month) => sheet(ink, due, month, today))}</div>`;
}

function sheet(ink: Ink, due: Due, month: string, today: string): Html {
  const first = new Date(`${month}-01T00:00:00Z`);
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const shift = (first.getUTCDay() + 6) % 7;
  const { locale } = ink.frame;
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const head = Array.from({ length: 7 }, (_, index) => weekday.format(new Date(Date.UTC(2024, 0, 1 + index))));
  const weeks = Array.from({ length: Math.ceil((length + shift) / 7) }, (_, week) =>
    Array.from({ length: 7 }, (__, index) => week * 7 + index - shift + 1),
  );
  return html`<table class="sheet"><caption>${intervalName(month, 'month', locale)}</caption><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${weeks.map(
    (
      week,
    ) => html`<tr>${week.map((number) => (number < 1 || number > length ? html`<td></td>` : day(ink, due, `${month}-${String(number).padStart(2, '0')}`, today)))}</tr>
`,
  )}</tbody></table>`;
}

function day(ink: Ink, all: Due, iso: string, today: string): Html {
  const due = all.get(iso) ?? [];
  const shown = due.slice(0, due.length > MOST_A_DAY ? MOST_A_DAY - 1 : MOST_A_DAY);
  const kinds = [...(iso === today ? ['today'] : []), ...(due.length > 0 ? ['has'] : [])].join(' ');
  return html`<td${kinds !== '' && html` class="${kinds}"`}${iso === today && html` aria-current="date"`}><span class="day">${Number(iso.slice(8))}</span>${shown.map(
    (row) =>
      html`<a class="due ${row.amount.startsWith('-') ? 'out' : 'in'}" href="${ink.behind(seriesOf(row))}" title="${row.merchant}: usually ${ink.money(row.amount)}, ${row.cadence}">${row.merchant} <b>${ink.money(row.amount)}</b></a>`,
  )}${due.length > shown.length && html`<a class="more-due" href="#series" aria-label="${ink.count(due.length - shown.length)} more on ${iso}">+ ${ink.count(due.length - shown.length)}</a>`}</td>`;
}
