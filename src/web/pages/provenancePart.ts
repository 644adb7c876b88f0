import type { TransactionRow } from '../../analytics/transactions.ts';
import type { ImportRecord, Provenance } from '../../app/dashboard/provenance.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import type { Ink } from './ink.ts';
import { panel } from './panel.ts';
import { detailLink } from './transactionRow.ts';

const TITLE = 'Where it came from';

/** How a payee was found, and what gave a category: the words of docs/import.md for the codes in the file. */
const PAYEE_BY: Readonly<Record<string, string>> = {
  field: "the bank's own field for the other party",
  text: 'cleaned out of what the bank wrote',
  rule: 'a rule of rules.csv',
  file: 'the file itself',
};
const CATEGORY_BY: Readonly<Record<string, string>> = {
  rule: 'a rule of rules.csv',
  file: 'the file itself',
  history: 'what this payee was filed under before',
  mcc: 'the merchant category code',
  learnt: 'learnt from other rows',
  transfer: 'the pairing of transfers between own accounts',
};
const AMOUNT_BY: Readonly<Record<string, string>> = {
  same: 'the amount itself',
  bank: 'as the bank converted it',
  rates: 'by the rate of the European Central Bank',
};

/** The bank files that a transaction was in, what became of the entry there, and why. */
export function provenancePart(ink: Ink, own: TransactionRow, { records, sql, missing }: Provenance): Html {
  const lacks =
    missing.length > 0 &&
    html`<p class="note">Not in this file: ${missing.join(', ')}. Imports record there where each row comes from; sync them too: <code>FINANCE_DB_TABLES=transactions,transaction_imports,transaction_import_rows</code>.</p>`;
  if (sql === null) return html`<section class="panel" id="origin"><h2>${TITLE}</h2>${lacks}</section>`;
  if (records.length === 0)
    return html`<section class="panel" id="origin"><h2>${TITLE}</h2><p class="empty">No import brought it: it was written into PostgreSQL another way.</p>${lacks}</section>`;
  return panel(
    { title: TITLE, id: 'origin', ink, exports: { statement: sql } },
    html`${records.map((record) => origin(ink, own, record))}${lacks}`,
  );
}

function origin(ink: Ink, own: TransactionRow, record: ImportRecord): Html {
  const field = (title: string, value: HtmlValue): Html => html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
  const other = (id: string): Html => html`<a href="${detailLink(ink, id)}">${id}</a>`;
  const by = (words: Readonly<Record<string, string>>, code: string | null, none: string): string =>
    code === null ? none : (words[code] ?? code);
  const changed = record.category_by !== null && record.category !== own.category;
  return html`<dl class="detail">${field('Import', html`${record.import_id}${record.imported_at !== null && `, ${record.imported_at} UTC`}`)}${
    record.file !== null && field('File', html`${record.file} <span class="note">${record.format}</span>`)
  }${field('Place', `entry ${record.record}, line ${record.line}`)}${field('There', record.outcome === 'known' ? 'known: it had come before' : 'new')}${
    (record.undone || record.undone_at !== null) &&
    field('Undone', record.undone_at === null ? 'for this row' : `${record.undone_at} UTC`)
  }${field('Payee from', by(PAYEE_BY, record.merchant_by, 'the text as it is'))}${field(
    'Category from',
    html`${by(CATEGORY_BY, record.category_by, 'nothing: none had one')}${changed && html` <span class="note">(${record.category ?? 'none'}; changed since)</span>`}`,
  )}${
    record.normalized_by !== null &&
    field(
      `Amount in ${ink.currency}`,
      `${AMOUNT_BY[record.normalized_by] ?? record.normalized_by}${record.rate_day === null ? '' : ` of ${record.rate_day}`}`,
    )
  }${record.possible_duplicate_of !== null && field('Looks like', html`${other(record.possible_duplicate_of)}, and may be the same`)}${
    record.transfer_of !== null && field('Transfer', html`the other leg is ${other(record.transfer_of)}`)
  }</dl><p class="raw"><span class="note">The bank wrote</span> <q>${ink.words(record.text)}</q></p>`;
}
