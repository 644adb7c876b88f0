import type { SeriesPoint } from '../../analytics/columns.ts';
import { fillsIntervals } from '../../analytics/intervals.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { listIntervals } from '../../model/period.ts';
import { asciiDrawings } from '../locale.ts';
import { wrapLine } from '../wrap.ts';
import { renderOverview } from './overview.ts';
import { drawReportTable } from './reportTable.ts';
import { paintOf, type StatsStyle } from './style.ts';
import { emptyText, headingOf, hiddenNote, notesOf } from './words.ts';

/** A whole report for people, ending in a line break. */
export function statsText(result: StatsResult, style: StatsStyle): string {
  const paint = paintOf(style);
  const parts = wrapLine(headingOf(result), style.width, 2).map((line) => paint.bold(line));
  if (result.scope.rows === '0' || result.table.rows.length === 0)
    parts.push(...wrapLine(emptyText(result), style.width, 2));
  else {
    const notes: string[] = [];
    if (result.sections === null) {
      const { text, hidden } = drawReportTable(result.table, style, intervalsOf(result));
      parts.push(text);
      if (hidden.length > 0) notes.push(hiddenNote(hidden));
    } else parts.push(renderOverview(result, result.sections, style));
    notes.unshift(...notesOf(result, style.numbers));
    parts.push(...notes.flatMap((note) => wrapLine(note, style.width, 2)).map((line) => paint.dim(line)));
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
