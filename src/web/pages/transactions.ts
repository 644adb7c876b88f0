import { narrowingText } from '../../analytics/narrowing.ts';
import type { TransactionRow, TransactionSort } from '../../analytics/transactions.ts';
import type { TransactionList } from '../../app/dashboard/transactions.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { HIDDEN, Ink } from './ink.ts';
import { linkHere, linkTo, pathTo } from './links.ts';
import { PAGES } from './pageNames.ts';
import { spanName } from './periodNames.ts';
import { nameOf } from './tint.ts';

const SORTS: readonly (readonly [TransactionSort, string])[] = [
  ['-date', 'newest'],
  ['date', 'oldest'],
  ['amount', 'most out'],
  ['-amount', 'most in'],
  ['merchant', 'merchant'],
];

/** A list, what all of it adds up to, and a row's own details where it is one row. */
export function transactionsPage(view: TransactionList, frame: Frame): Html {
  const { input, request, sums, rows, next } = view;
  const ink = new Ink(frame, view.baseCurrency.currency);
  const single = input.only.some(({ by }) => by === 'id') && rows.length === 1 ? rows[0] : undefined;
  return html`<p class="lead">${spanName(request.period.from, request.period.to, frame.locale)} · in ${ink.currency}${
    input.everyRow
      ? ' · every row, transfers included'
      : request.withTransfers
        ? ' · transfers included'
        : ' · transfers between own accounts left out'
  }</p>
${searchForm(frame, input.search)}
${summary(ink, view)}
${single === undefined ? list(ink, view) : detail(ink, single)}
${input.after !== null && html`<p><a href="${linkHere(frame, { after: null })}">First page</a></p>`}${
  next !== null &&
  html`<p class="pager"><a class="button" rel="next-page" href="${linkHere(frame, { after: next })}">Next ${rows.length}</a> of ${ink.count(sums.count)}</p>`
}`;
}

function searchForm(frame: Frame, search: string | null): Html {
  const kept = [...frame.query].filter(([name]) => name !== 'q' && name !== 'after');
  return html`<form class="search" role="search" action="${pathTo(frame, PAGES.transactions.path)}"><label>Search <input type="search" name="q" id="search" value="${search ?? ''}" placeholder="merchant, category, city, account, id or amount"></label>${kept.map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )} <button>Search</button></form>`;
}

/** What is filtered adds up to this, whatever page of it is shown. */
function summary(ink: Ink, { sums }: TransactionList): Html {
  const shown = (text: string): Html => html`<b>${ink.money(text)}</b>`;
  const exact = ink.hidden
    ? null
    : html` data-total="${sums.amount}" data-rows="${sums.count}"${sums.original !== null && html` data-total-original="${sums.original}"`}`;
  return html`<dl class="sums"${exact}><div><dt>Transactions</dt><dd><b>${ink.count(sums.count)}</b></dd></div><div><dt>Sum</dt><dd>${shown(sums.amount)}</dd></div><div><dt>In</dt><dd>${shown(sums.money_in)}</dd></div><div><dt>Out</dt><dd>${shown(sums.money_out)}</dd></div>${
    sums.currency !== null &&
    sums.currency !== ink.currency &&
    sums.original !== null &&
    html`<div><dt>In ${sums.currency}</dt><dd><b>${ink.amount(sums.original, sums.currency)}</b></dd></div>`
  }${sums.not_normalized !== '0' && html`<div><dt>Without an amount in ${ink.currency}</dt><dd>${ink.count(sums.not_normalized)}</dd></div>`}</dl>`;
}

function list(ink: Ink, { input, rows }: TransactionList): Html {
  const { frame } = ink;
  if (rows.length === 0)
    return html`<p class="empty">No transactions in this period with these filters. <a href="${pathTo(frame, PAGES.transactions.path)}">Show all</a></p>`;
  return html`<p class="choices" role="group" aria-label="Order">${SORTS.map(([sort, title]) =>
    sort === input.sort
      ? html`<b aria-current="true">${title}</b> `
      : html`<a href="${linkHere(frame, { order: sort, after: null })}">${title}</a> `,
  )}</p>
<div class="scroll tall" tabindex="0" role="region" aria-label="Transactions"><table class="report transactions"><thead><tr><th scope="col">Date</th><th scope="col">Merchant</th><th scope="col">Category</th><th scope="col">Account</th><th scope="col" class="where">Where</th><th scope="col" class="money">Amount <small>${ink.currency}</small></th></tr></thead>
<tbody>${rows.map((row) => line(ink, row))}</tbody></table></div>`;
}

function line(ink: Ink, row: TransactionRow): Html {
  const { frame } = ink;
  const more = (by: 'category' | 'account' | 'merchant', value: string | null): string =>
    linkHere(frame, { after: null, only: [...new Set([...frame.query.getAll('only'), narrowingText({ by, value })])] });
  const date = row.timestamp?.slice(0, 10) ?? 'no day';
  const foreign = row.currency !== null && row.currency !== ink.currency && row.amount !== null;
  return html`<tr><td class="date">${row.tx_id === null ? date : html`<a href="${detailLink(ink, row.tx_id)}" aria-label="${date}, details of ${nameOf(row.merchant)}">${date}</a>`}</td><th scope="row"><a href="${more('merchant', row.merchant)}">${nameOf(row.merchant)}</a></th><td><a href="${more('category', row.category)}">${nameOf(row.category)}</a>${
    row.subcategory && html` <span class="note">${row.subcategory}</span>`
  }</td><td><a href="${more('account', row.account_id)}">${nameOf(row.account_id)}</a></td><td class="where note">${[row.city, row.channel].filter(Boolean).join(', ')}</td><td class="money${row.normalized_amount?.startsWith('-') === true ? ' out' : ' in'}">${ink.money(row.normalized_amount)}${
    foreign && html` <span class="note">${ink.amount(row.amount, row.currency)} ${row.currency}</span>`
  }</td></tr>
`;
}

function detailLink({ frame }: Ink, id: string): string {
  return linkTo({ base: frame.base, query: new URLSearchParams() }, 'transactions', {
    only: narrowingText({ by: 'id', value: id }),
    'every-row': '1',
    private: frame.query.get('private'),
    locale: frame.query.get('locale'),
  });
}

const FIELDS: readonly (readonly [keyof TransactionRow, string])[] = [
  ['tx_id', 'Id'],
  ['timestamp', 'Time'],
  ['merchant', 'Merchant'],
  ['category', 'Category'],
  ['subcategory', 'Subcategory'],
  ['account_id', 'Account'],
  ['channel', 'Channel'],
  ['city', 'City'],
  ['state', 'State'],
  ['mcc', 'Merchant category code'],
  ['amount', 'Original amount'],
  ['currency', 'Currency'],
  ['normalized_amount', 'Amount'],
];

/** All that is known of one row, and what is like it. */
function detail(ink: Ink, row: TransactionRow): Html {
  const plain = { base: ink.frame.base, query: new URLSearchParams(ink.hidden ? 'private=1' : '') };
  const alike = (title: string, ...only: readonly string[]): Html =>
    html`<li><a href="${linkTo(plain, 'transactions', { only })}">${title}</a></li>`;
  const size = row.normalized_amount?.replace('-', '');
  return html`<dl class="detail">${FIELDS.map(([key, title]) => {
    const value = row[key];
    const text =
      key === 'normalized_amount' ? ink.money(value) : key === 'amount' ? ink.amount(value, row.currency) : value;
    return value !== null && html`<div><dt>${title}</dt><dd>${text}</dd></div>`;
  })}</dl>
<h2>Like this one</h2>
<ul>${alike('The same merchant', narrowingText({ by: 'merchant', value: row.merchant }))}${alike('The same merchant and account', narrowingText({ by: 'merchant', value: row.merchant }), narrowingText({ by: 'account', value: row.account_id }))}${
    row.timestamp !== null &&
    alike(
      'The same day',
      narrowingText({ by: 'day', from: row.timestamp.slice(0, 10), to: row.timestamp.slice(0, 10) }),
    )
  }${
    size !== undefined &&
    html`<li><a href="${linkTo(plain, 'transactions', { min: size, max: size, 'with-transfers': '1' })}">The same amount${!ink.hidden && ` (${ink.money(size)})`}, in or out: the other leg of a transfer is among these</a></li>`
  }</ul>${ink.hidden && html`<p class="note">Amounts are hidden (${HIDDEN}).</p>`}`;
}
