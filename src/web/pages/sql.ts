import { MOST_SQL_ROWS, MOST_SQL_SECONDS, type SqlResult, type SqlView } from '../../app/dashboard/sqlPage.ts';
import { counted, grouped } from '../../model/counted.ts';
import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { HIDDEN, Ink } from './ink.ts';
import { pathTo } from './links.ts';
import { PAGES } from './pageNames.ts';
import { footOf } from './panel.ts';
import { problemPage } from './problem.ts';

/** One statement, read-only, its result as a table; saved queries and the schema beside it. */
export function sqlPage({ sql, saved, schema, result, problem }: SqlView, frame: Frame): Html {
  const path = pathTo(frame, PAGES.sql.path);
  const ink = new Ink(frame, '');
  const { hidden } = ink;
  const link = (parameters: Record<string, string>): string =>
    `${path}?${new URLSearchParams({ ...parameters, ...(hidden ? { private: '1' } : {}) })}`;
  return html`<p class="lead">Reads only. At most ${grouped(MOST_SQL_ROWS)} rows and ${MOST_SQL_SECONDS} s here; <code>finance-db query</code> in a terminal has no limits.</p>
<div class="grid sql">
<section class="panel"><h2>Statement</h2><form action="${path}" class="sql-form">${hidden && html`<input type="hidden" name="private" value="1">`}<label for="sql-text" class="sr">SQL</label><textarea id="sql-text" name="sql" rows="12" spellcheck="false" placeholder="SELECT category, sum(normalized_amount) FROM transactions GROUP BY category">${sql}</textarea>
<button>Run</button> <button type="button" data-stop hidden>Stop</button> <span class="note">Ctrl+Enter runs it</span></form>
${problem !== null && problemPage(problem)}${result !== null && html`${table(ink, result)}${footOf({ title: 'the result', ink, exports: { statement: result.statement } })}`}</section>
<div>
<section class="panel"><h2>Saved queries</h2>${
    saved.length === 0
      ? html`<p class="empty">None. Put NAME.sql into the folder queries.</p>`
      : html`<ul class="plain">${saved.map(({ name, about }) => html`<li><a href="${link({ saved: name })}">${name}</a> <span class="note">${about}</span></li>`)}</ul>`
  }</section>
<section class="panel"><h2>Tables</h2>${schema.map(
    (each) =>
      html`<details${each.table === 'transactions' && html` open`}><summary>${each.table}</summary><ul class="plain columns">${each.columns.map(({ name, type }) => html`<li><code>${name}</code> <span class="note">${type}</span></li>`)}</ul></details>`,
  )}</section>
</div>
</div>`;
}

function table(ink: Ink, { columns, rows, truncated, seconds }: SqlResult): Html {
  if (columns.length === 0) return html`<p class="empty">Done; there is nothing to show.</p>`;
  const numeric = columns.map(({ kind }) => kind === 'number' || kind === 'float');
  return html`<p class="note">${counted(rows.length, truncated ? 'of more row' : 'row')}, ${seconds.toFixed(2)} s${truncated && html`. Only the first ${grouped(MOST_SQL_ROWS)} are shown.`}</p>
<div class="scroll result" tabindex="0" role="region" aria-label="Result"><table class="report"><thead><tr>${columns.map(({ name, type }, index) => html`<th scope="col"${numeric[index] === true && html` class="number"`} title="${type}">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${row.map((value, index) => html`<td${numeric[index] === true && html` class="number"`}>${value === null ? html`<span class="null">NULL</span>` : numeric[index] === true && ink.hidden ? HIDDEN : ink.words(value)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
