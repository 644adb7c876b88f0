import type { TransactionSort } from '../../analytics/transactionPage.ts';
import type { TransactionDetail } from '../../app/dashboard/transaction.ts';
import type { TransactionList } from '../../app/dashboard/transactions.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { Ink } from './ink.ts';
import { linkHere, pathTo } from './links.ts';
import { PAGES } from './pageNames.ts';
import { footOf } from './panel.ts';
import { spanName } from './periodNames.ts';
import { detailPart } from './transactionDetail.ts';
import { transactionRow } from './transactionRow.ts';

const SORTS: readonly (readonly [TransactionSort, string])[] = [
  ['-date', 'newest'],
  ['date', 'oldest'],
  ['amount', 'most out'],
  ['-amount', 'most in'],
  ['merchant', 'merchant'],
];

/** A list, and all that is known of its row where it was asked for one alone. */
export interface TransactionsView {
  readonly list: TransactionList;
  readonly detail: TransactionDetail | null;
}

/** A list, what all of it adds up to, and a row's own details where it is one row. */
export function transactionsPage({ list: view, detail }: TransactionsView, frame: Frame): Html {
  const { input, request, sums, rows, next } = view;
  const ink = new Ink(frame, view.baseCurrency.currency);
  const single = rows[0];
  const foot = footOf({ title: 'these transactions', ink, exports: { list: view.sql } });
  return html`<p class="lead">${spanName(request.period.from, request.period.to, frame.locale)} · in ${ink.currency}${
    input.everyRow
      ? ' · every row, transfers included'
      : request.withTransfers
        ? ' · transfers included'
        : ' · transfers between own accounts left out'
  }</p>
${searchForm(frame)}
${summary(ink, view)}
${detail === null || single === undefined ? list(ink, view) : detailPart(ink, single, detail, foot)}
${single !== undefined && detail === null && foot}
${input.after !== null && html`<p><a href="${linkHere(frame, { after: null })}">First page</a></p>`}${
  next !== null &&
  html`<p class="pager"><a class="button" rel="next-page" href="${linkHere(frame, { after: next })}">Next ${rows.length}</a> of ${ink.count(sums.count)}</p>`
}`;
}

function searchForm(frame: Frame): Html {
  // As the address has it: an amount is not in it while those are hidden.
  const search = frame.query.get('q');
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
<div class="scroll tall" tabindex="0" role="region" aria-label="Transactions"><table class="report transactions"><thead><tr><th scope="col">Date</th><th scope="col">Merchant</th><th scope="col">Category</th><th scope="col" class="account">Account</th><th scope="col" class="where">Where</th><th scope="col" class="money">Amount <small>${ink.currency}</small></th></tr></thead>
<tbody>${rows.map((row) => transactionRow(ink, row))}</tbody></table></div>`;
}
