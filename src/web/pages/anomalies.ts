import type { AnomalyRow } from '../../analytics/anomalies.ts';
import type { ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { Frame } from './frame.ts';
import { sorting } from './groupPage.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { EVERY_ROW, Ink } from './ink.ts';
import { panel } from './panel.ts';
import { reportCells } from './reportCells.ts';
import { reportLead } from './reportLead.ts';

/** Transactions that deserve a look, each with its reason. */
export function anomaliesPage(view: StatsResult, frame: Frame): Html {
  const ink = new Ink(frame, view.baseCurrency.currency);
  return html`${reportLead(view, ink)}
${panel(
  { title: 'Worth a look', ink, wide: true, exports: { report: 'anomalies' } },
  html`${sorting(frame, 'transaction', [
    ['last', 'date'],
    ['amount', 'amount'],
  ])}${reportCells(ink, view.table, { behind: anomalyBehind, cell: (column, row) => reasonCell(ink, column, row), scope: EVERY_ROW, caption: 'Unusual transactions', most: 1000 })}`,
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

/** Reasons have amounts in them. */
export function reasonCell(ink: Ink, { key }: ReportColumn, row: ReportRow): HtmlValue | undefined {
  if (key !== 'reason' || !ink.hidden) return undefined;
  return String(row['reason'] ?? '')
    .replace(/(usual |from )[\d.,]+/g, '$1•••')
    .replace(/-?[\d.,]+(?= a month since| before$)/g, '•••');
}
