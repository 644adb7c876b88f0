import chalk, { Chalk } from 'chalk';
import { asciiDrawings } from './locale.ts';
import { printable } from './printable.ts';
import { displayWidth, fold, pad, truncate, truncateMiddle } from './width.ts';
import { wrapLine } from './wrap.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers go to the right. */
  readonly align?: 'left' | 'right';
  /** Whether its cells may be cut with `…` when room is short: by default texts may and numbers may not. */
  readonly shrink?: boolean;
  /** Goes on in further lines, between words, instead of being cut. */
  readonly wrap?: boolean;
  /**
   * Names that have to be told apart: they lose their middle instead of their end, and those that would look the same then go
   * on in further lines.
   */
  readonly names?: boolean;
  /** The columns that a cell keeps when it is cut; 8 unless given. */
  readonly least?: number;
}

export interface TableStyle {
  /** Terminal columns to fit into; Infinity (never cut) when the output is not a terminal. */
  readonly width: number;
  readonly color: boolean;
  /** Draws lines with ASCII characters alone; data keeps its own. */
  readonly ascii?: boolean;
  /** A rule above these rows, by index: set off totals with it. */
  readonly ruleBefore?: readonly number[];
}

/** A cell that may be cut keeps at least this many columns. */
const SMALLEST = 8;
const GAP = 3;

/**
 * Draws a table without a trailing newline. Cells may hold the tool's own colour codes; nothing else of them
 * reaches a terminal as a command. Data that could hold such codes goes through `printable` first. A table wider than `style.width` has its long texts cut with `…`, and when that is not enough, its
 * middle columns left out behind one `…` column. Drawn here rather than by cli-table3, whose time grows with the
 * square of the rows (11 s for 10,000 rows of eight cells).
 */
export function renderTable(
  givenColumns: readonly TableColumn[],
  givenRows: readonly (readonly string[])[],
  style: TableStyle,
): string {
  const columns = givenColumns.map((column) => ({ ...column, title: printable(column.title) }));
  const rows = givenRows.map((row) => row.map((cell) => printable(cell, true)));
  const draw = style.ascii ? asciiDrawings : (text: string): string => text;
  const paint = style.color ? new Chalk({ level: Math.max(1, chalk.level) as 1 | 2 | 3 }) : new Chalk({ level: 0 });
  const fitted = fitColumns(columns, rows, style.width);
  const bar = paint.dim(draw('│'));
  const ellipsis = draw('…');
  const line = (cells: readonly string[], header = false): string => {
    const texts = fitted.map(({ index, width }) => {
      const cell = index === null ? ellipsis : (cells[index] ?? '');
      const align = index === null ? 'left' : columns[index]?.align;
      const cut = index !== null && columns[index]?.names && !header ? truncateMiddle : truncate;
      const text = pad(cut(cell, width, ellipsis), width, align);
      return header ? paint.bold(text) : text;
    });
    return `${bar} ${texts.join(` ${bar} `)} ${bar}`;
  };
  const rule = (left: string, cross: string, right: string): string =>
    paint.dim(draw(left + fitted.map(({ width }) => '─'.repeat(width + 2)).join(cross) + right));
  const out = [
    rule('┌', '┬', '┐'),
    line(
      columns.map((column) => column.title),
      true,
    ),
    rule('├', '┼', '┤'),
  ];
  const toWrap = wrappers(columns, fitted, rows);
  rows.forEach((row, index) => {
    if (style.ruleBefore?.includes(index)) out.push(rule('├', '┼', '┤'));
    for (const part of wrapRow(toWrap, row)) out.push(line(part));
  });
  out.push(rule('└', '┴', '┘'));
  return out.join('\n');
}

/** How cells go on in further lines, by the index of their column. */
type Wrappers = ReadonlyMap<number, (cell: string) => readonly string[]>;

function wrappers(
  columns: readonly TableColumn[],
  fitted: readonly FittedColumn[],
  rows: readonly (readonly string[])[],
): Wrappers {
  const found = new Map<number, (cell: string) => readonly string[]>();
  for (const { index, width } of fitted) {
    if (index === null) continue;
    const { wrap, names } = columns[index] ?? {};
    if (wrap) found.set(index, (cell) => wrapLine(cell, width));
    else if (names) {
      const twins = lookAlike(new Set(rows.map((row) => row[index] ?? '')), width);
      if (twins.size > 0) found.set(index, (cell) => (twins.has(cell) ? fold(cell, width) : [cell]));
    }
  }
  return found;
}

/** Of different cells those that are the same when they are cut. */
function lookAlike(cells: ReadonlySet<string>, width: number): ReadonlySet<string> {
  const byCut = new Map<string, string[]>();
  for (const cell of cells) {
    const cut = truncateMiddle(cell, width);
    byCut.set(cut, [...(byCut.get(cut) ?? []), cell]);
  }
  return new Set([...byCut.values()].filter(({ length }) => length > 1).flat());
}

/** The lines that a row takes. */
function wrapRow(toWrap: Wrappers, row: readonly string[]): (readonly string[])[] {
  if (toWrap.size === 0) return [row];
  const parts = row.map((cell, index) => toWrap.get(index)?.(cell) ?? [cell]);
  const height = Math.max(1, ...parts.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) => parts.map((lines) => lines[at] ?? ''));
}

/** The columns that a table of this width leaves out, by index. */
export function hiddenColumns(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] {
  const shown = new Set(fitColumns(columns, rows, width).map(({ index }) => index));
  return columns.map((_, index) => index).filter((index) => !shown.has(index));
}

/** A drawn column: which one it is (null: those left out) and how wide. */
interface FittedColumn {
  readonly index: number | null;
  readonly width: number;
}

function fitColumns(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  available: number,
): readonly FittedColumn[] {
  const contents = columns.map((_, index) =>
    rows.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0),
  );
  const natural = columns.map((column, index) => Math.max(contents[index] ?? 0, displayWidth(column.title)));
  // Titles may be cut in any column.
  const smallest = columns.map((column, index) =>
    Math.min(
      natural[index] ?? 0,
      mayShrink(column) ? (column.least ?? SMALLEST) : Math.max(SMALLEST, contents[index] ?? 0),
    ),
  );
  const shown = chooseColumns(smallest, available);
  const gap = shown.length < columns.length ? 1 + GAP : 0;
  let excess = total(shown.map((index) => natural[index] ?? 0)) + gap - available;
  const widths = new Map(shown.map((index) => [index, natural[index] ?? 0]));
  // Takes one column at a time from the widest: the long ones give first, and equally.
  while (excess > 0) {
    const widest = shown
      .filter((index) => (widths.get(index) ?? 0) > (smallest[index] ?? 0))
      .sort((a, b) => (widths.get(b) ?? 0) - (widths.get(a) ?? 0))[0];
    if (widest === undefined) break;
    widths.set(widest, (widths.get(widest) ?? 0) - 1);
    excess--;
  }
  const fitted: FittedColumn[] = shown.map((index) => ({ index, width: widths.get(index) ?? 0 }));
  if (shown.length < columns.length) {
    const hole = shown.findIndex((index, position) => index !== position);
    fitted.splice(hole === -1 ? shown.length : hole, 0, { index: null, width: 1 });
  }
  return fitted;
}

/** All columns if their smallest widths fit, else as many as do from both ends, beginning with the first. */
function chooseColumns(smallest: readonly number[], available: number): number[] {
  const all = smallest.map((_, index) => index);
  if (total(smallest) <= available) return all;
  const head: number[] = [];
  const tail: number[] = [];
  while (head.length + tail.length < all.length) {
    const fromHead = head.length <= tail.length;
    const next = fromHead ? head.length : all.length - 1 - tail.length;
    const trial = [...head, ...tail, next].map((index) => smallest[index] ?? 0);
    if (head.length > 0 && total(trial) + 1 + GAP > available) break;
    if (fromHead) head.push(next);
    else tail.unshift(next);
  }
  return [...head, ...tail];
}

/** The width of a table whose columns have these widths. */
function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, 1);
}

function mayShrink(column: TableColumn): boolean {
  return column.shrink ?? column.align !== 'right';
}
