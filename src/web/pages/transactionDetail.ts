import { narrowingText } from '../../analytics/narrowing.ts';
import type { TransactionRow } from '../../analytics/transactions.ts';
import type { Neighbours, TransactionDetail } from '../../app/dashboard/transaction.ts';
import { type Html, html } from './html.ts';
import { HIDDEN, type Ink } from './ink.ts';
import { linkTo } from './links.ts';
import { panel } from './panel.ts';
import { provenancePart } from './provenancePart.ts';
import { nameOf } from './tint.ts';
import { transactionRow } from './transactionRow.ts';

/** Columns that hold money, which privacy hides. */
const MONEY = /amount|balance/i;

/** All that the table has of one row, where it came from, the other leg where it is a transfer, and what else its merchant was paid. */
export function detailPart(
  ink: Ink,
  own: TransactionRow,
  { row, sameMerchant, otherLeg, isTransfer, provenance }: TransactionDetail,
  exports: Html,
): Html {
  const fields = Object.entries(row).filter(([, value]) => value !== null && value !== '');
  const plain = { base: ink.frame.base, query: new URLSearchParams(ink.hidden ? 'private=1' : '') };
  const all = linkTo(plain, 'transactions', { only: narrowingText({ by: 'merchant', value: own.merchant }) });
  return html`<dl class="detail">${fields.map(([name, value]) => html`<div><dt>${name}</dt><dd>${field(ink, own, name, String(value))}</dd></div>`)}</dl>
${exports}
${provenancePart(ink, own, provenance)}
${isTransfer && neighbours(ink, 'A transfer between own accounts', otherLeg, 'Its other leg could not be named.')}
${neighbours(ink, 'The same merchant', sameMerchant, 'This is the only one.', html`<a href="${all}">all of ${nameOf(own.merchant)}</a>`)}`;
}

function neighbours(ink: Ink, title: string, { rows, sql }: Neighbours, none: string, note: Html | null = null): Html {
  if (rows.length === 0) return html`<section class="panel"><h2>${title}</h2><p class="empty">${none}</p></section>`;
  return panel({ title, ink, note, exports: { statement: sql } }, rowsTable(ink, rows, title));
}

/** As it is stored; money as money, and what only looks like it not shown in privacy either. */
function field(ink: Ink, own: TransactionRow, name: string, value: string): string {
  if (!MONEY.test(name)) return ink.words(value);
  if (ink.hidden || !/^-?\d+(\.\d+)?$/.test(value)) return ink.hidden ? HIDDEN : value;
  return ink.amount(value, name === 'amount' ? own.currency : ink.currency);
}

function rowsTable(ink: Ink, rows: readonly TransactionRow[], title: string): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="report transactions"><thead><tr><th scope="col">Date</th><th scope="col">Merchant</th><th scope="col">Category</th><th scope="col" class="account">Account</th><th scope="col" class="where">Where</th><th scope="col" class="money">Amount <small>${ink.currency}</small></th></tr></thead>
<tbody>${rows.map((row) => transactionRow(ink, row))}</tbody></table></div>`;
}
