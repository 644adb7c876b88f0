import type { ReportCell, ReportColumn } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { type NumberStyle, numberStyle } from '../../render/money.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';

/** A report as a table: what a page is before it has a face of its own. */
export function reportPage({ table, request, baseCurrency }: StatsResult, frame: Frame): Html {
  return html`<p>${request.period.label} · ${baseCurrency.currency}</p>
${tableOf(table, numberStyle(frame.locale, baseCurrency.currency))}`;
}

/** A report's rows and its total. Series (the months of a category) are left to charts. */
export function tableOf({ columns, rows, total }: ReportTable, style: NumberStyle): Html {
  const shown = columns.filter(({ kind }) => kind !== 'series');
  return html`<div class="wide"><table>
<thead><tr>${shown.map((column) => html`<th scope="col" class="${column.kind}">${column.title}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${shown.map((column) => html`<td class="${column.kind}">${cellText(column, row[column.key], style)}</td>`)}</tr>
`,
  )}</tbody>
${
  total !== null &&
  html`<tfoot><tr>${shown.map((column, index) => html`<td class="${column.kind}">${index === 0 ? 'Total' : cellText(column, total[column.key], style)}</td>`)}</tr></tfoot>`
}
</table></div>`;
}

function cellText({ kind }: ReportColumn, value: ReportCell | undefined, style: NumberStyle): string {
  if (value === null || value === undefined) return '';
  if (kind === 'money' || kind === 'amount') return style.money(String(value));
  if (kind === 'count') return style.count(String(value));
  if (kind === 'share') return style.share(Number(value));
  if (kind === 'number') return style.number(Number(value));
  return String(value);
}
