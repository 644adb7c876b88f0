import type { ReportCell, ReportColumn, ReportRow, SeriesPoint } from '../../analytics/columns.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import { cellBar, sparkline } from './charts/sparkline.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import type { Ink, Scope } from './ink.ts';
import { linkHere } from './links.ts';
import { nameOf } from './tint.ts';
import { withinBytes } from './weight.ts';

/** Which transactions a cell is made of; null for what is no sum of any, such as an average. */
export type Behind = (column: ReportColumn, row: ReportRow) => readonly Narrowing[] | null;

export interface TableOptions {
  readonly behind: Behind;
  /** The same for the total of all rows; all transactions of the report unless given. */
  readonly behindTotal?: (column: ReportColumn) => readonly Narrowing[];
  readonly scope?: Scope;
  /** What the table is of, for who cannot see it. */
  readonly caption: string;
  /** Takes the place of a cell. */
  readonly cell?: (column: ReportColumn, row: ReportRow) => HtmlValue | undefined;
  /** Rows beyond are left to the exports, and told. */
  readonly most?: number;
  readonly without?: readonly string[];
  /** What all rows may weigh; those beyond are left to the exports too. */
  readonly bytes?: number;
}

const MOST_ROWS = 400;

/** A report's rows and its total, each sum a door. */
export function reportCells(ink: Ink, table: ReportTable, options: TableOptions): Html {
  const { caption, behind, scope = {}, most = MOST_ROWS, without = [] } = options;
  const shown = table.columns.filter(({ key }) => !without.includes(key));
  // What a narrow terminal leaves out stands at the end: a phone has that out of sight first.
  const telling = shown.some(({ wide }) => wide === true);
  const isEssential = ({ spare }: ReportColumn): boolean => telling || spare === undefined;
  const columns = [...shown.filter(isEssential), ...shown.filter((column) => !isEssential(column))];
  const asked = table.rows.slice(0, most);
  if (asked.length === 0) return html`<p class="empty">Nothing in this period and these filters.</p>`;
  // What came in and what went out are measured apart: one salary would make dots of all spending.
  const largest = (key: string, sign: number): number =>
    Math.max(0, ...asked.map((row) => Number(row[key] ?? 0) * sign));
  const write = (column: ReportColumn, row: ReportRow): HtmlValue => {
    const own = options.cell?.(column, row);
    if (own !== undefined) return own;
    return cell(ink, column, row[column.key], behind(column, row), scope);
  };
  const head = columns.map(
    (column) =>
      html`<th scope="col" class="${classOf(column)}">${column.title}${column.kind === 'money' && html` <small>${ink.currency}</small>`}</th>${column.bar === true && html`<td class="bar"></td>`}`,
  );
  const rows = withinBytes(
    asked.map(
      (row) => html`<tr>${columns.map(
        (column, index) =>
          html`${index === 0 ? html`<th scope="row" class="${classOf(column)}">${write(column, row)}</th>` : html`<td class="${classOf(column)}">${write(column, row)}</td>`}${
            column.bar === true &&
            html`<td class="bar">${cellBar(Number(row[column.key] ?? 0), largest(column.key, Number(row[column.key] ?? 0) < 0 ? -1 : 1))}</td>`
          }`,
      )}</tr>
`,
    ),
    options.bytes,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="report${columns.length > 9 && ' dense'}${telling && ' telling'}">
<thead><tr>${head}</tr></thead>
<tbody>${rows}</tbody>${total(ink, table, columns, options)}
</table></div>${
    rows.length < table.rows.length
      ? html`<p class="note">${ink.count(rows.length)} of ${ink.count(table.rows.length)} are shown; the exports have all.</p>`
      : more(ink, table)
  }`;
}

/** A list that ends before all of its rows says so; its exports end there too. */
function more(ink: Ink, { rows, rowCount }: ReportTable): Html | null {
  if (rowCount <= rows.length) return null;
  return html`<p class="note">The first ${ink.count(rows.length)} of ${ink.count(rowCount)}.${
    rows.length < MOST_ASKED &&
    html` <a href="${linkHere(ink.frame, { limit: String(MOST_ASKED) })}">Show up to ${ink.count(MOST_ASKED)}</a>`
  }</p>`;
}

const MOST_ASKED = 1000;

function total(
  ink: Ink,
  table: ReportTable,
  columns: readonly ReportColumn[],
  { behind, behindTotal = () => [], scope = {} }: TableOptions,
): Html | null {
  const { total: row } = table;
  if (row === null || columns.slice(1).every(({ key }) => row[key] === null || row[key] === undefined)) return null;
  return html`
<tfoot><tr>${columns.map((column, index) => {
    const inside =
      index === 0
        ? 'Total'
        : column.kind === 'series'
          ? null
          : row[column.key] == null
            ? null
            : cell(ink, column, row[column.key], behind(column, {}) === null ? null : behindTotal(column), scope);
    return html`<td class="${column.kind}">${inside}</td>${column.bar === true && html`<td class="bar"></td>`}`;
  })}</tr></tfoot>`;
}

function classOf({ kind, wide, whole }: ReportColumn): string {
  return [kind, ...(wide === true ? ['long'] : []), ...(whole === true ? ['whole'] : [])].join(' ');
}

function cell(
  ink: Ink,
  { kind }: ReportColumn,
  value: ReportCell | undefined,
  only: readonly Narrowing[] | null,
  scope: Scope,
): HtmlValue {
  if (kind === 'series')
    return sparkline(sizes((value as readonly SeriesPoint[]).map(({ amount }) => Number(amount))), 90, 20);
  if (kind === 'text')
    return only === null ? nameOf(value, '') : html`<a href="${ink.behind(only, scope)}">${nameOf(value)}</a>`;
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'money':
      return only === null ? ink.money(String(value)) : ink.figure(String(value), only, scope);
    case 'amount':
      return ink.amount(String(value), null);
    case 'count':
      return only === null ? ink.count(String(value)) : ink.counted(String(value), only, scope);
    case 'share':
      return ink.share(Number(value));
    case 'number':
      return ink.number(Number(value));
    default:
      return String(value);
  }
}

/** A level rises with what is spent too. */
export function sizes(values: readonly number[]): readonly number[] {
  const down = values.reduce((sum, value) => sum + value, 0) < 0;
  return down ? values.map((value) => -value) : values;
}
