import type { BalanceRow } from '../../analytics/balances.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { BalancesView } from '../../app/stats/readBalances.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { numberStyle } from '../../render/money.ts';
import { balanceNotes } from '../../render/stats/balances.ts';
import { BalanceLinks, claimOf } from './balanceLinks.ts';
import { type Level, levelChart } from './charts/levelChart.ts';
import { MOST_SLIM, plot } from './charts/plot.ts';
import { sparkline } from './charts/sparkline.ts';
import { daysOf } from './days.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink, type Scope } from './ink.ts';
import { linkHere, pathTo } from './links.ts';
import { PAGES } from './pageNames.ts';
import { panel } from './panel.ts';
import { kept } from './periodBar.ts';
import { axisLabels, intervalName } from './periodNames.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';
import { bytesBeside } from './weight.ts';

/** A balance moves by transfers too. */
const ALL_ROWS: Scope = { 'with-transfers': '1' };

/** What accounts held: all together as a line, and each by itself. A balance leads to all rows up to its day. */
export function balancesPage(result: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, result.baseCurrency.currency);
  const view = result.balances;
  const rows = result.table.rows as unknown as readonly BalanceRow[];
  if (view === null || rows.length === 0)
    return html`${reportLead(result, ink)}
<p class="empty">No balance is known: nothing says what an account held at any time.${view !== null && !view.statements && html` Bank statements that are imported say it, once the file has them: <code class="long">FINANCE_DB_TABLES=<wbr>transactions,<wbr>transaction_statements</code>.`}${view !== null && view.unknown.length > 0 && ' Or say it here:'}</p>
${openingForm(frame, view)}`;
  const links = new BalanceLinks(ink, result, view);
  const before = new Map(rows.map((row, index) => [row, previousOf(rows, index)]));
  const exports = { report: 'balances' } as const;
  const all = rows.filter(({ account_id }) => account_id === null);
  const { interval } = result.request;
  const together =
    all.length > 1 &&
    panel({ title: 'All accounts', ink, wide: true, exports, table: '#balances' }, chart(ink, result, all, links));
  const each = panel(
    { title: 'By account', ink, wide: true, exports, table: '#balances' },
    accounts(ink, rows, links, view),
  );
  return html`${reportLead(result, ink)}
<p class="choices" role="group" aria-label="Interval">by ${(['month', 'day'] as const).map((step) =>
    step === (interval === 'day' ? 'day' : 'month')
      ? html`<b aria-current="true">${step}</b> `
      : html`<a href="${linkHere(frame, { by: step })}">${step}</a> `,
  )}${shownOf(view.intervals, ink)}</p>
${together}
${each}
${panel(
  { title: interval === 'day' ? 'By day' : 'By month', id: 'balances', ink, wide: true, exports },
  reportCells(ink, result.table, {
    behind: ({ key }, { account_id, period }) =>
      key === 'period' && period !== undefined
        ? [...accountOnly(account_id), daysOf(String(period), result.request)]
        : key === 'account_id' && account_id != null
          ? accountOnly(account_id)
          : null,
    cell: ({ key }, cells) => {
      const row = cells as unknown as BalanceRow;
      if (key === 'account_id' && row.account_id === null) return 'All';
      if (key === 'currency' && row.account_id === null) return ink.currency;
      const currency = row.account_id === null ? ink.currency : row.currency;
      if (key === 'balance') return links.figure(row.balance, currency, links.atEnd(row));
      if (key === 'lowest') return links.figure(row.lowest, currency, links.atLowest(row, before.get(row) ?? null));
      return undefined;
    },
    scope: ALL_ROWS,
    caption: 'Balances',
    bytes: bytesBeside(together || null, each),
  }),
)}
<ul class="plain note">${balanceNotes({ ...view, intervals: { ...view.intervals, shown: view.intervals.of } }, ink.currency, numberStyle(frame.locale, ink.currency)).map((note) => html`<li>${ink.words(note)}</li>`)}</ul>
${openingForm(frame, view)}`;
}

/** A page that ends before all intervals of the period says so, and leads to more of them. */
function shownOf({ shown, of, noun }: BalancesView['intervals'], ink: Ink): Html | null {
  if (shown >= of) return null;
  return html` · the latest ${ink.count(shown)} of ${ink.countOf(of, noun)}${
    shown < MOST_ASKED &&
    html` <a href="${linkHere(ink.frame, { limit: String(Math.min(of, MOST_ASKED)) })}">show ${of <= MOST_ASKED ? 'all' : `up to ${ink.count(MOST_ASKED)}`}</a>`
  }`;
}

const MOST_ASKED = 1000;

/** The same account's row before. */
function previousOf(rows: readonly BalanceRow[], index: number): BalanceRow | null {
  const before = rows[index - 1];
  return before !== undefined && before.account_id === rows[index]?.account_id ? before : null;
}

function accountOnly(account: unknown): Narrowing[] {
  return account == null ? [] : [{ by: 'account', value: String(account) }];
}

/** All accounts at the end of each interval. */
function chart(ink: Ink, { request }: StatsResult, rows: readonly BalanceRow[], links: BalanceLinks): Html {
  const { interval } = request;
  const labels = axisLabels(
    rows.map(({ period }) => period),
    interval,
    ink.frame.locale,
  );
  const levels = rows.map((row, index): Level => {
    const { period, balance } = row;
    const door = links.atEnd(row);
    return {
      label: labels[index]?.label ?? period,
      below: labels[index]?.below ?? null,
      value: Number(balance),
      says: `All accounts, ${intervalName(period, interval, ink.frame.locale)}: ${ink.money(balance)}: ${links.words(door)}`,
      href: door.href,
      claim: claimOf(ink, balance, door),
    };
  });
  return plot(
    (size) => levelChart(levels, { ...size, title: 'Balance of all accounts', tick: (value) => ink.tick(value) }),
    { width: 1100, height: 280 },
    levels.length <= MOST_SLIM,
  );
}

/** Each account with its latest balance and how it came there. */
function accounts(ink: Ink, rows: readonly BalanceRow[], links: BalanceLinks, { known }: BalancesView): Html {
  const starts = new Map(known.map(({ account, start }) => [account, start]));
  const groups = new Map<string, BalanceRow[]>();
  for (const row of rows) {
    if (row.account_id === null) continue;
    const own = groups.get(row.account_id);
    if (own === undefined) groups.set(row.account_id, [row]);
    else own.push(row);
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Latest balances"><table class="report"><thead><tr><th scope="col">Account</th><th scope="col">Over time</th><th scope="col" class="money">Before its first row</th><th scope="col" class="money">Latest</th><th scope="col" class="date">At the end of</th></tr></thead>
<tbody>${[...groups].map(([account, own]) => {
    const last = own.at(-1) as BalanceRow;
    return html`<tr><th scope="row"><a href="${ink.behind(accountOnly(account), ALL_ROWS)}">${account}</a></th><td>${sparkline(own.map(({ balance }) => Number(balance)))}</td><td class="money">${ink.amount(starts.get(account), last.currency)}</td><td class="money">${links.figure(last.balance, last.currency, links.atEnd(last))}</td><td class="date">${last.period}</td></tr>
`;
  })}</tbody></table></div>`;
}

/** Where no statement says it, a person may. */
function openingForm(frame: Frame, view: BalancesView | null): Html | null {
  const account = view?.unknown[0];
  if (account === undefined) return null;
  return html`<form class="search" action="${pathTo(frame, PAGES.balances.path)}"><label>What an account held before its first row <input name="opening" placeholder="${account}=1200.50" autocomplete="off"></label>${kept(frame, [])}<button>Show</button></form>`;
}
