import type { SeriesPoint } from '../../analytics/columns.ts';
import { fillsIntervals } from '../../analytics/intervals.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { listIntervals } from '../../model/period.ts';
import { asciiDrawings } from '../locale.ts';
import type { NumberStyle } from '../money.ts';
import { wrapLine } from '../wrap.ts';
import { noBalancesText } from './balances.ts';
import { forecastBlocks, tooLittleText } from './forecast.ts';
import { renderOverview } from './overview.ts';
import { drawReportTable } from './reportTable.ts';
import { paintOf, type StatsStyle } from './style.ts';
import { emptyText, headingOf, hiddenNote, notesOf, nothingFoundText, unknownNameNotes } from './words.ts';

/** A whole report for people, ending in a line break. */
export function statsText(result: StatsResult, style: StatsStyle): string {
  const paint = paintOf(style);
  const parts = wrapLine(headingOf(result), style.width, 2).map((line) => paint.bold(line));
  if (result.scope.rows === '0' || result.table.rows.length === 0)
    parts.push(
      ...[whyEmpty(result, style.numbers), ...unknownNameNotes(result)].flatMap((text) =>
        wrapLine(text, style.width, 2),
      ),
    );
  else {
    const notes: string[] = [];
    if (result.sections === null) {
      const { text, hidden } = drawReportTable(named(result), style, intervalsOf(result));
      parts.push(text);
      if (result.forecast !== null) parts.push(...forecastBlocks(result, result.forecast, style));
      if (hidden.length > 0) notes.push(hiddenNote(hidden));
    } else parts.push(renderOverview(result, result.sections, style));
    notes.unshift(...unknownNameNotes(result), ...notesOf(result, style.numbers));
    parts.push(...notes.flatMap((note) => wrapLine(note, style.width, 2)).map((line) => paint.dim(line)));
  }
  const text = `${parts.join('\n')}\n`;
  return style.ascii ? asciiDrawings(text) : text;
}

/** The sum of all accounts has no account, and is in the base currency. */
function named({ table, balances, baseCurrency }: StatsResult): StatsResult['table'] {
  if (balances === null) return table;
  const all = { account_id: 'All', currency: baseCurrency.currency };
  return { ...table, rows: table.rows.map((row) => (row.account_id === null ? { ...row, ...all } : row)) };
}

function whyEmpty(result: StatsResult, numbers: NumberStyle): string {
  if (result.scope.rows !== '0' && result.forecast !== null) return tooLittleText(result.forecast);
  if (result.scope.rows !== '0' && result.balances !== null) return noBalancesText(result.balances);
  return nothingFoundText(result, numbers) ?? emptyText(result);
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
