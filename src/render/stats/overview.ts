import type { ReportRow } from '../../analytics/columns.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import type { OverviewSections } from '../../app/stats/statsOverview.ts';
import { renderTable } from '../table.ts';
import { renderReportTable } from './reportTable.ts';
import { paintOf, type StatsStyle } from './style.ts';
import { recurringNote } from './words.ts';

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
  const facts = [
    `${style.numbers.count(scope.rows)} transactions`,
    `${style.numbers.count(scope.accounts)} ${scope.accounts === '1' ? 'account' : 'accounts'}`,
  ];
  const parts = [facts.join(', '), renderSpans(result, style)];
  const tops = [
    ['Top categories', sections.categories],
    ['Top merchants', sections.merchants],
  ] as const;
  for (const [title, table] of tops)
    if (table.rows.length > 0) parts.push(paint.bold(title), renderReportTable({ ...table, total: null }, style));
  if (sections.recurring.rows.length > 0)
    parts.push(
      paint.bold('What comes back'),
      renderReportTable(sections.recurring, style),
      recurringNote(sections.recurring, style.numbers),
    );
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
