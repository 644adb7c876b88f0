import type { ReportColumn, ReportRow, SeriesPoint } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import { bar, sparkline, squeeze } from '../bars.ts';
import { renderTable } from '../table.ts';
import { displayWidth } from '../width.ts';
import { alignmentOf, cellText, mayBeCut } from './cellText.ts';
import { paintOf, type StatsStyle } from './style.ts';

const NARROWEST_NAME = 14;
const NARROWEST_SENTENCE = 34;
const BAR = { fewest: 6, most: 20 };
const TREND = { fewest: 6, most: 24 };
const MOST_INTERVALS = 12;
/** What is used of an endless line. */
const PIPED_WIDTH = 160;

/** A column ready to be drawn. */
interface Drawn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The columns it keeps when it is cut; undefined: it never is. */
  readonly least?: number;
  /** A sentence, which goes on in further lines instead of being cut. */
  readonly wrap?: boolean;
  /** Names that have to be told apart when they are cut. */
  readonly names?: boolean;
  readonly cells: readonly string[];
  readonly total: string;
}

/**
 * Draws the rows of a report. Columns marked as spare are left out when room is short; what room is left goes to
 * sparklines, then bars, then columns for the latest intervals.
 * @param intervals the labels of all intervals of the period, for reports with a series
 */
export function renderReportTable(table: ReportTable, style: StatsStyle, intervals: readonly string[] = []): string {
  return drawReportTable(table, style, intervals).text;
}

/** The same, with the titles of the columns that found no room. */
export function drawReportTable(
  table: ReportTable,
  style: StatsStyle,
  intervals: readonly string[] = [],
): { readonly text: string; readonly hidden: readonly string[] } {
  const width = Math.min(style.width, PIPED_WIDTH);
  const plain = table.columns.filter(({ kind }) => kind !== 'series');
  const drawn = new Map(plain.map((column) => [column.key, drawColumn(table, column, style)]));
  for (const columns of bySpare(plain))
    if (smallestWidth([...drawn.values()]) > width) for (const { key } of columns) drawn.delete(key);

  const series = table.columns.find(({ kind }) => kind === 'series');
  const barred = plain.find((column) => column.bar && drawn.has(column.key));
  let room = width - naturalWidth([...drawn.values()]);
  const takes = (fewest: number, most: number): number => {
    const columns = Math.min(most, room - 3);
    if (columns < Math.min(fewest, most)) return 0;
    room -= columns + 3;
    return columns;
  };
  const trend =
    series !== undefined && intervals.length > 1 ? takes(TREND.fewest, Math.min(TREND.most, intervals.length)) : 0;
  const bars = barred !== undefined && table.rows.length > 1 ? takes(BAR.fewest, BAR.most) : 0;
  const latest = series === undefined ? [] : latestIntervals(table, series.key, intervals, style, takes);

  const out: Drawn[] = [];
  for (const column of table.columns) {
    if (column === series) {
      if (trend > 0) out.push(drawTrend(table, column, intervals, trend, style));
      out.push(...latest);
      continue;
    }
    const cells = drawn.get(column.key);
    if (cells === undefined) continue;
    out.push(cells);
    if (column === barred && bars > 0) out.push(drawBars(table, column, bars, style));
  }
  const hidden = table.columns.filter((column) =>
    column === series ? trend === 0 && intervals.length > 1 : !drawn.has(column.key),
  );
  return { text: drawTable(out, table, style), hidden: hidden.map(({ title }) => title) };
}

function drawTable(columns: readonly Drawn[], table: ReportTable, style: StatsStyle): string {
  const paint = paintOf(style);
  const rows = table.rows.map((_, index) => columns.map(({ cells }) => cells[index] ?? ''));
  const ruleBefore = hasTotals(table) && table.rows.length > 1 ? [rows.length] : [];
  if (ruleBefore.length > 0) rows.push(columns.map(({ total }) => (total === '' ? '' : paint.bold(total))));
  return renderTable(
    columns.map(({ title, align, least, wrap, names }) => ({
      title,
      align,
      shrink: least !== undefined,
      wrap: wrap === true,
      names: names === true,
    })),
    rows,
    { width: style.width, color: style.color, ruleBefore },
  );
}

/** A total that adds up no money says nothing. */
function hasTotals({ columns, total }: ReportTable): boolean {
  return total !== null && columns.some(({ kind, key }) => kind === 'money' && (total[key] ?? null) !== null);
}

function drawColumn(table: ReportTable, column: ReportColumn, style: StatsStyle): Drawn {
  const first = column === table.columns[0];
  return {
    title: column.title,
    align: alignmentOf(column),
    ...(mayBeCut(column) ? { least: column.wide ? NARROWEST_SENTENCE : NARROWEST_NAME } : {}),
    ...(column.wide ? { wrap: true } : {}),
    ...(column.key === 'account_id' ? { names: true } : {}),
    cells: table.rows.map((row) => cellText(column, row, style.numbers)),
    total:
      table.total === null
        ? ''
        : first
          ? 'Total'
          : column.kind === 'text'
            ? ''
            : cellText(column, table.total, style.numbers),
  };
}

function drawBars(table: ReportTable, column: ReportColumn, width: number, style: StatsStyle): Drawn {
  const amounts = table.rows.map((row) => Number(row[column.key] ?? 0));
  // Money in and money out have scales of their own, or a salary would flatten all spending; what is left of both has one.
  const net = column.key === 'net';
  const size = Math.max(...amounts.map(Math.abs), 0);
  const most = net ? size : Math.max(...amounts, 0);
  const least = net ? -size : Math.min(...amounts, 0);
  const paint = paintOf(style);
  return {
    title: '',
    align: 'left',
    cells: amounts.map((amount) => paint.cyan(bar(amount / (amount < 0 ? least : most), width, style.ascii))),
    total: '',
  };
}

function drawTrend(
  table: ReportTable,
  column: ReportColumn,
  intervals: readonly string[],
  width: number,
  style: StatsStyle,
): Drawn {
  const paint = paintOf(style);
  const draw = (row: ReportRow): string => {
    const amounts = amountsOf(row, column.key);
    return sparkline(
      squeeze(
        intervals.map((interval) => Number(amounts.get(interval) ?? 0)),
        width,
      ),
      style.ascii,
    );
  };
  return {
    title: column.title,
    align: 'left',
    cells: table.rows.map((row) => paint.cyan(draw(row))),
    total: table.total === null ? '' : draw(table.total),
  };
}

/** Columns for the latest intervals, as many as have room, oldest first. */
function latestIntervals(
  table: ReportTable,
  key: string,
  intervals: readonly string[],
  style: StatsStyle,
  takes: (fewest: number, most: number) => number,
): Drawn[] {
  const columns: Drawn[] = [];
  for (const interval of intervals.slice(-MOST_INTERVALS).reverse()) {
    const textOf = (row: ReportRow): string => style.numbers.money(amountsOf(row, key).get(interval) ?? null);
    const column: Drawn = {
      title: interval,
      align: 'right',
      cells: table.rows.map(textOf),
      total: table.total === null ? '' : textOf(table.total),
    };
    const width = columnWidth(column);
    if (takes(width, width) === 0) break;
    columns.unshift(column);
  }
  return columns;
}

function amountsOf(row: ReportRow, key: string): Map<string, string> {
  const points = (row[key] ?? []) as readonly SeriesPoint[];
  return new Map(points.map(({ period, amount }) => [period, amount]));
}

/** Those that go first come first; of one rank they go together: a lower bound says little without the upper one. */
function bySpare(columns: readonly ReportColumn[]): ReportColumn[][] {
  const ranks = [...new Set(columns.flatMap(({ spare }) => spare ?? []))].sort((a, b) => b - a);
  return ranks.map((rank) => columns.filter(({ spare }) => spare === rank));
}

function columnWidth({ title, cells, total }: Drawn): number {
  return [title, total, ...cells].reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

function naturalWidth(columns: readonly Drawn[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column) + 3, 1);
}

/** Names may be cut, numbers may not. */
function smallestWidth(columns: readonly Drawn[]): number {
  return columns.reduce((sum, column) => {
    const width = columnWidth(column);
    return sum + Math.min(width, column.least ?? width) + 3;
  }, 1);
}
