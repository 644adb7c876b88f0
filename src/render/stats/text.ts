import type { SeriesPoint } from '../../analytics/columns.ts';
import { fillsIntervals } from '../../analytics/intervals.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { listIntervals } from '../../model/period.ts';
import { asciiDrawings } from '../locale.ts';
import { renderOverview } from './overview.ts';
import { renderReportTable } from './reportTable.ts';
import { paintOf, type StatsStyle } from './style.ts';
import { emptyText, headingOf, notesOf } from './words.ts';

/** A whole report for people, ending in a line break. */
export function statsText(result: StatsResult, style: StatsStyle): string {
  const paint = paintOf(style);
  const parts = [paint.bold(headingOf(result))];
  if (result.scope.rows === '0' || result.table.rows.length === 0) parts.push(emptyText(result));
  else {
    parts.push(
      result.sections === null
        ? renderReportTable(result.table, style, intervalsOf(result))
        : renderOverview(result, result.sections, style),
    );
    parts.push(...notesOf(result, style.numbers).map((note) => paint.dim(note)));
  }
  const text = `${parts.join('\n')}\n`;
  return style.ascii ? asciiDrawings(text) : text;
}

/** The labels of all intervals that the report covers; of those with rows where there are too many. */
export function intervalsOf({ request, table }: StatsResult): string[] {
  const { span, interval, calendar } = request;
  if (span === null) return [];
  if (fillsIntervals(request)) return listIntervals(span.from, span.to, interval, calendar);
  // A lone day far away: only intervals with rows.
  const points = table.total?.periods;
  return Array.isArray(points) ? points.map(({ period }: SeriesPoint) => period) : [];
}
