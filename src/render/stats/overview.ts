import type { ReportRow } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { OverviewSections } from '../../app/stats/statsOverview.ts';
import { renderTable } from '../table.ts';
import { wrapLine } from '../wrap.ts';
import { countOf } from './counts.ts';
import { drawReportTable } from './reportTable.ts';
import { paintOf, type StatsStyle } from './style.ts';
import { hiddenNote, recurringNote } from './words.ts';

const SPAN_TITLES: Record<string, string> = {
  period: 'Period',
  latest: 'Latest month',
  previous: 'Before',
  last_year: 'Year before',
};

/** Figures side by side, then where the money went. */
export function renderOverview(result: StatsResult, sections: OverviewSections, style: StatsStyle): string {
  const paint = paintOf(style);
  const { scope } = result;
  const facts = [countOf(scope.rows, 'transaction', style.numbers), countOf(scope.accounts, 'account', style.numbers)];
  const parts = [facts.join(', '), renderSpans(result, style)];
  const notes: string[] = [];
  const add = (title: string, report: string, table: ReportTable): void => {
    if (table.rows.length === 0) return;
    const { text, hidden } = drawReportTable(table, style);
    parts.push(paint.bold(title), text);
    if (hidden.length > 0) notes.push(hiddenNote(hidden, report));
  };
  add('Top categories', 'categories', { ...sections.categories, total: null });
  add('Top merchants', 'merchants', { ...sections.merchants, total: null });
  add('What comes back', 'recurring', sections.recurring);
  if (sections.recurring.rows.length > 0)
    parts.push(...wrapLine(recurringNote(sections.recurring, style.numbers), style.width, 2));
  for (const note of notes) parts.push(...wrapLine(note, style.width, 2).map((line) => paint.dim(line)));
  return parts.join('\n');
}

/** Before a whole year lies the year before: once is enough. */
function distinctSpans(rows: readonly ReportRow[]): readonly ReportRow[] {
  const before = rows.find(({ span }) => span === 'previous');
  return rows.filter(({ span, from, to }) => span !== 'last_year' || before?.from !== from || before?.to !== to);
}

function renderSpans(result: StatsResult, style: StatsStyle): string {
  const spans = distinctSpans(result.table.rows);
  const all = result.request.period.from === null || result.request.period.to === null;
  const titles = spans.map((row) => (all && row.span === 'period' ? 'All' : (SPAN_TITLES[String(row.span)] ?? '')));
  const { numbers } = style;
  const line = (title: string, cell: (row: ReportRow) => string): string[] => [title, ...spans.map(cell)];
  const text = (key: string) => (row: ReportRow) => String(row[key] ?? '');
  // A span without any rows is not a span in which nothing was spent.
  const money = (key: string) => (row: ReportRow) => (row.count === '0' ? '–' : numbers.money(String(row[key] ?? '0')));
  const rows = [
    line('From', text('from')),
    line('To', text('to')),
    line('Income', money('income')),
    line('Spending', money('spending')),
    line('Net', money('net')),
    line('Savings rate', (row) => (typeof row.savings_rate === 'number' ? numbers.share(row.savings_rate) : '–')),
    line('Transactions', (row) => numbers.count(String(row.count))),
  ];
  return renderTable(
    [
      { title: result.baseCurrency.currency, shrink: false },
      ...titles.map((title) => ({ title, align: 'right' as const })),
    ],
    rows,
    { width: style.width, color: style.color, ruleBefore: [2, 5] },
  );
}
