import { type ReportFlag, reportOf } from '../../analytics/reports.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { commandOf, queryCommandOf } from './asCommand.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import type { Ink } from './ink.ts';
import { type Changes, carried, pathTo, search } from './links.ts';
import { PAGES } from './pageNames.ts';

/** Where the numbers of a panel come from: what its exports give is made of the same. */
export type ExportSource =
  /** A report of `stats`, by the page's own parameters and what differs from them. */
  | { readonly report: ReportName; readonly changes?: Changes }
  /** The transactions that the page lists, whichever page of them is shown, and the SQL that finds them. */
  | { readonly list: string }
  /** One statement that reads. */
  | { readonly statement: string };

/** Exports of a panel; the label tells several of one panel apart: `income`. */
export type Exports = ExportSource & { readonly label?: string };

/** The ways to one source. */
interface Ways {
  /** Below /api/v1, where an ending says the format; none for JSON. Null where this server gives no such files. */
  readonly files: { readonly path: string; readonly query: URLSearchParams } | null;
  /** The parameters of the page SQL. */
  readonly sql: URLSearchParams;
  readonly command: string;
}

/** CSV, JSON, Parquet, SQL and the command that says the same in a terminal. */
export function exportsOf({ frame }: Ink, title: string, exports: Exports): Html {
  const { files, sql, command } = waysTo(exports, frame);
  const of = exports.label === undefined ? title : `${title}: ${exports.label}`;
  const file = (format: string, ending: string): Html | null =>
    files &&
    html`<a href="${pathTo(frame, `/api/v1/${files.path}${ending}${search(files.query)}`)}" download>${format}<span class="sr"> of ${of}</span></a> `;
  return html`${exports.label !== undefined && html`<span>${exports.label}:</span> `}${file('CSV', '.csv')}${file('JSON', '')}${file('Parquet', '.parquet')}${
    frame.sql &&
    html`<a href="${pathTo(frame, PAGES.sql.path + search(sql))}">SQL<span class="sr"> of ${of}</span></a> `
  }<details class="command"><summary>as command<span class="sr">: ${of}</span></summary><code>${command}</code></details>`;
}

function waysTo(source: ExportSource, frame: Pick<Frame, 'query' | 'place' | 'sql'>): Ways {
  const { place } = frame;
  if ('report' in source) {
    const query = reportParameters(frame.query, source.report, source.changes);
    return {
      files: { path: `reports/${source.report}`, query: without(query, 'locale') },
      sql: new URLSearchParams([['report', source.report], ...query]),
      command: commandOf(`stats ${source.report}`, query, place),
    };
  }
  if ('list' in source) {
    const query = listParameters(frame.query);
    return {
      files: { path: 'transactions', query: without(query, 'locale') },
      sql: new URLSearchParams([['report', 'transactions'], ...query]),
      command: queryCommandOf(source.list, place),
    };
  }
  const query = new URLSearchParams({ sql: source.statement });
  return {
    files: frame.sql ? { path: 'query', query } : null,
    sql: query,
    command: queryCommandOf(source.statement, place),
  };
}

/** The parameters of a report's own flags. */
const FLAGS: Readonly<Record<string, ReportFlag>> = {
  by: 'by',
  depth: 'depth',
  limit: 'limit',
  'with-transfers': 'withTransfers',
  months: 'months',
  backtest: 'backtest',
  opening: 'opening',
};

/** The parameters of a page that mean something to a report, which refuses others. */
export function reportParameters(page: URLSearchParams, report: ReportName, changes: Changes = {}): URLSearchParams {
  const { obeys, sorts } = reportOf(report);
  const words: readonly string[] = sorts;
  const own = [...page].filter(([name]) =>
    ['by', 'depth', 'limit', 'sort', 'months', 'backtest', 'opening'].includes(name),
  );
  const asked = new URLSearchParams(search(new URLSearchParams([...shared(page), ...own]), changes));
  return new URLSearchParams(
    [...asked].filter(([name, value]) => {
      const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
      return flag !== undefined ? obeys.includes(flag) : name !== 'sort' || words.includes(value);
    }),
  );
}

/** What a list is narrowed by, whatever its order and wherever its page begins. */
function listParameters(page: URLSearchParams): URLSearchParams {
  const own = [...page].filter(([name]) => ['only', 'q', 'every-row'].includes(name));
  return new URLSearchParams([...shared(page), ...own]);
}

function shared(page: URLSearchParams): [string, string][] {
  return [...without(carried(page), 'private')];
}

function without(query: URLSearchParams, left: string): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => name !== left));
}
