import type { AnomalyRow } from '../../analytics/anomalies.ts';
import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { sorting } from './groupPage.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { EVERY_ROW, Ink, type Scope } from './ink.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

/** Transactions that deserve a look, each with its reason. */
export function anomaliesPage(view: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, view.baseCurrency.currency);
  return html`${reportLead(view, ink)}
${panel(
  { title: 'Worth a look', ink, wide: true, exports: { report: 'anomalies' } },
  html`${sorting(
    frame,
    'transaction',
    [
      ['last', 'date'],
      ['amount', 'amount'],
    ],
    'last',
  )}${reportCells(ink, view.table, { behind: anomalyBehind, cell: (column, row) => monthCell(ink, column, row, view.request.period.to) ?? reasonCell(ink, column, row), scope: EVERY_ROW, caption: 'Unusual transactions', most: 1000 })}`,
)}`;
}

/** One transaction; a change of price is no single one, so its words lead to all payments. */
export function anomalyBehind({ key }: ReportColumn, row: ReportRow): readonly Narrowing[] | null {
  if (row['tx_id'] === undefined) return null;
  const { tx_id, merchant } = row as unknown as AnomalyRow;
  if (tx_id !== null)
    return key === 'amount' || key === 'merchant' || key === 'tx_id' ? [{ by: 'id', value: tx_id }] : null;
  // A month of a category has no merchant.
  return key === 'merchant' && merchant !== null ? [{ by: 'payee', value: merchant }] : null;
}

/** Whose month it is: rows of whole months have no merchant, and say it in their reason. */
function categoryOf(reason: string): string | null {
  return /^(.*) in \d{4}-\d\d: [\d.]+ times the usual [\d.]+$/s.exec(reason)?.[1] ?? HABIT.exec(reason)?.[1] ?? null;
}

const HABIT = /^(.*): ([\d.]+) a month since (\d{4}-\d\d), ([\d.]+) before$/s;

/**
 * The transactions of a category's month; null for what is no month.
 * @param until the end of the period: what was looked at is all up to it
 */
export function monthBehind(
  row: AnomalyRow,
  until: string | null,
): { category: string; only: Narrowing[]; scope: Scope } | null {
  const category = row.tx_id === null && row.merchant === null ? categoryOf(row.reason) : null;
  if (category === null) return null;
  return {
    category,
    only: [
      { by: 'category', value: category },
      { by: 'day', from: `${row.date.slice(0, 7)}-01`, to: row.date },
    ],
    scope: { period: null, from: null, to: until },
  };
}

/** What a category's month came to leads to its transactions. */
function monthCell(ink: Ink, { key }: ReportColumn, row: ReportRow, until: string | null): HtmlValue | undefined {
  const own = row as unknown as AnomalyRow;
  const month = key === 'merchant' || key === 'amount' ? monthBehind(own, until) : null;
  if (month === null) return undefined;
  if (key === 'amount') return ink.figure(own.amount, month.only, month.scope);
  return html`<a href="${ink.behind(month.only, month.scope)}">${month.category}</a> <span class="note">category</span>`;
}

/** Reasons have amounts in them: written as all others are, and hidden where those are. */
export function reasonCell(ink: Ink, { key }: Pick<ReportColumn, 'key'>, row: ReportRow): HtmlValue | undefined {
  if (key !== 'reason') return undefined;
  const size = (text: string): string => ink.money(text);
  return String(row['reason'] ?? '')
    .replace(
      HABIT,
      (_, name, now, since, before) => `${name}: ${size(now)} a month since ${since}, ${size(before)} before`,
    )
    .replace(/ times the usual ([\d.]+)$/, (_, usual) => ` times the usual ${size(usual)}`)
    .replace(/^up from ([\d.]+)/, (_, before) => `up from ${size(before)}`)
    .replace(/\d+\.\d(?= times (the )?usual )/, (times) => ink.number(Number(times)));
}
