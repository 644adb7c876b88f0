import { narrowingText } from '../../analytics/narrowing.ts';
import type { TransactionRow } from '../../analytics/transactions.ts';
import { type Html, html } from './html.ts';
import type { Ink } from './ink.ts';
import { linkHere, linkTo } from './links.ts';
import { nameOf } from './tint.ts';

/** A line of a list: its date leads to its details, its values narrow the list. */
export function transactionRow(ink: Ink, row: TransactionRow): Html {
  const { frame } = ink;
  const more = (by: 'category' | 'account' | 'merchant', value: string | null): string =>
    linkHere(frame, {
      after: null,
      only: [
        ...new Set([
          ...frame.query.getAll('only').filter((text) => !text.startsWith('id:')),
          narrowingText({ by, value }),
        ]),
      ],
    });
  const date = row.timestamp?.slice(0, 10) ?? 'no day';
  const foreign = row.currency !== null && row.currency !== ink.currency && row.amount !== null;
  return html`<tr><td class="date">${row.tx_id === null ? date : html`<a href="${detailLink(ink, row.tx_id)}" aria-label="${date}, details of ${nameOf(row.merchant)}">${date}</a>`}</td><th scope="row"><a href="${more('merchant', row.merchant)}">${nameOf(row.merchant)}</a></th><td><a href="${more('category', row.category)}">${nameOf(row.category)}</a>${
    row.subcategory && html` <span class="note">${row.subcategory}</span>`
  }</td><td class="account"><a href="${more('account', row.account_id)}">${nameOf(row.account_id)}</a></td><td class="where note">${[row.city, row.channel].filter(Boolean).join(', ')}</td><td class="money${row.normalized_amount?.startsWith('-') === true ? ' out' : ' in'}">${ink.money(row.normalized_amount)}${
    foreign && html` <span class="note">${ink.amount(row.amount, row.currency)} ${row.currency}</span>`
  }</td></tr>
`;
}

/** The page of one transaction. */
export function detailLink({ frame }: Ink, id: string): string {
  return linkTo({ base: frame.base, query: new URLSearchParams() }, 'transactions', {
    only: narrowingText({ by: 'id', value: id }),
    'every-row': '1',
    private: frame.query.get('private'),
    locale: frame.query.get('locale'),
  });
}
