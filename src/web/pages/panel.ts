import type { ReportName } from '../../model/reportNames.ts';
import { commandOf } from './asCommand.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import type { Ink } from './ink.ts';
import { apiLink, type Changes, linkTo } from './links.ts';

export interface PanelOptions {
  readonly title: string;
  readonly ink: Ink;
  /** The report that its numbers come from, and what differs from the page's own parameters. */
  readonly report?: { readonly name: ReportName; readonly changes?: Changes };
  /** The numbers of the chart as a table. */
  readonly table?: Html | null;
  readonly wide?: boolean;
  /** Beside the title. */
  readonly note?: HtmlValue;
}

/** A part of a page: a title, what it shows, and how to take its numbers along. */
export function panel(options: PanelOptions, body: HtmlValue): Html {
  const { title, wide, note } = options;
  return html`<section class="panel${wide === true && ' wide-panel'}"><h2>${title}${note && html` <span class="note">${note}</span>`}</h2>
${body}
${foot(options)}</section>
`;
}

function foot({ ink, report, table, title }: PanelOptions): Html | null {
  if (report === undefined && !table) return null;
  return html`<div class="foot">${table && html`<details class="data-table"><summary>table<span class="sr"> of ${title}</span></summary>${table}</details>`}${report && exportsOf(ink, report, title)}</div>`;
}

/** CSV, JSON, Parquet, SQL and the command that says the same in a terminal. */
export function exportsOf(
  ink: Ink,
  { name, changes = {} }: { readonly name: ReportName; readonly changes?: Changes },
  title: string,
): Html {
  if (ink.hidden) return html`<span class="note">exports are off while amounts are hidden</span>`;
  const { frame } = ink;
  const file = (format: string, ending: string): Html =>
    html`<a href="${apiLink(frame, `/reports/${name}${ending}`, changes)}" download>${format}<span class="sr"> of ${title}</span></a> `;
  return html`${file('CSV', '.csv')}${file('JSON', '')}${file('Parquet', '.parquet')}${
    frame.sql &&
    html`<a href="${linkTo(frame, 'sql', { ...changes, report: name })}">SQL<span class="sr"> of ${title}</span></a> `
  }<details class="command"><summary>as command<span class="sr">: ${title}</span></summary><code>${commandOf(`stats ${name}`, frame.query, changes)}</code></details>`;
}
