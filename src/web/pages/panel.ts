import { type Exports, exportsOf } from './exports.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import type { Ink } from './ink.ts';

export interface PanelOptions {
  readonly title: string;
  readonly ink: Ink;
  /** Where its numbers come from, so that they can be taken along. */
  readonly exports: Exports | readonly Exports[];
  /** The numbers of the chart as a table: the table itself, or the address of it. */
  readonly table?: Html | string | null;
  readonly wide?: boolean;
  readonly id?: string;
  /** Beside the title. */
  readonly note?: HtmlValue;
}

/** A part of a page: a title, what it shows, and how to take its numbers along. */
export function panel(options: PanelOptions, body: HtmlValue): Html {
  const { title, wide, note, id } = options;
  return html`<section class="panel${wide === true && ' wide-panel'}"${id !== undefined && html` id="${id}"`}><h2>${title}${note && html` <span class="note">${note}</span>`}</h2>
${body}
${footOf(options)}</section>
`;
}

/** Table, CSV, JSON, Parquet, SQL and command: the same beneath all charts and tables. */
export function footOf({ ink, exports, table, title }: PanelOptions): Html {
  const sets = Array.isArray(exports) ? (exports as readonly Exports[]) : [exports as Exports];
  const name = html`table<span class="sr"> of ${title}</span>`;
  const shown =
    typeof table === 'string'
      ? html`<a href="${table}">${name}</a>`
      : table && html`<details class="data-table"><summary>${name}</summary>${table}</details>`;
  return html`<div class="foot">${shown}${
    ink.hidden
      ? html`<span class="note">exports are off while amounts are hidden</span>`
      : sets.map((each) => exportsOf(ink, title, each))
  }</div>`;
}
