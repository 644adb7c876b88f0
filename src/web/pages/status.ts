import type { ReceiptRow, StatusView, SyncRow } from '../../app/dashboard/statusPage.ts';
import type { Status, StatusFollow } from '../../app/status.ts';
import { grouped } from '../../model/counted.ts';
import { bytesText, durationText } from '../../render/amount.ts';
import { followText } from './followText.ts';
import type { Frame } from './frame.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { Ink } from './ink.ts';
import { panel } from './panel.ts';

/** Both sides, what is between them, and what proves it. */
export function statusPage({ status, syncs, receipts }: StatusView, frame: Frame): Html {
  const ink = new Ink(frame, '');
  return html`${actions(frame)}
${status === null ? html`<p class="warning" role="note">PostgreSQL did not answer in time; this is what the file says of itself.</p>` : sides(status, frame)}
${
  syncs.rows.length > 0 &&
  panel(
    {
      title: 'Tables',
      ink,
      wide: true,
      note: 'and what the last sync that changed them did',
      exports: { statement: syncs.sql },
    },
    syncTable(syncs.rows, status),
  )
}
${
  receipts.rows.length === 0
    ? html`<section class="panel wide-panel" id="receipts"><h2>Receipts</h2><p class="empty">Nobody validated this file yet: <code>finance-db validate</code>, or the button above.</p></section>`
    : panel(
        { title: 'Receipts', id: 'receipts', ink, wide: true, exports: { statement: receipts.sql } },
        receiptTable(receipts.rows),
      )
}
${log(frame)}`;
}

function actions(frame: Frame): Html {
  const { problem, syncing, automatic } = frame.freshness;
  return html`<div class="actions needs-script"><button type="button" data-post="/api/v1/sync?validate=1">Sync now</button> <button type="button" data-post="/api/v1/validations">Validate now</button> <progress data-bar max="1" hidden aria-label="Progress"></progress> <output data-progress aria-live="polite">${syncing && 'A sync runs.'}</output></div>
<p class="note">In a terminal: <code>finance-db sync --validate</code>, <code>finance-db validate</code>.${!automatic && html` This server does not sync by itself (<code>--no-sync</code>).`}</p>
${problem !== null && html`<section class="problem" role="alert"><p>The last sync failed: ${problem.message}</p><p>${problem.remedy}</p><p><code>${problem.code}</code></p></section>`}`;
}

function sides({ postgres, duckdb, diskFree, lock, follow }: Status, frame: Frame): Html {
  const ago = (time: Date): string => `${durationText(Math.max(0, (frame.now.getTime() - time.getTime()) / 1000))} ago`;
  const field = (title: string, value: HtmlValue): Html => html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
  const { proof } = frame.snapshot ?? { proof: null };
  return html`<div class="grid">
<section class="panel"><h2>PostgreSQL</h2><dl class="detail">${field('Answers', postgres.reachable ? 'yes' : html`no: ${postgres.problem}`)}${field('Where', `${postgres.place}, database ${postgres.database}`)}${postgres.version !== null && field('Version', postgres.version)}</dl></section>
<section class="panel"><h2>The DuckDB file</h2><dl class="detail">${field('File', duckdb.path)}${field('Size', bytesText(duckdb.bytes))}${duckdb.checkedAt !== null && field('Compared', ago(duckdb.checkedAt))}${field(
    'Proof',
    proof === null
      ? 'not validated'
      : `${proof.outcome.toUpperCase()}, proven ${ago(proof.validatedAt)} by ${proof.how}`,
  )}${diskFree !== null && field('Free there', bytesText(diskFree))}${follow !== null && field('Followed', followField(follow))}${lock !== null && follow === null && field('Running', `a sync (process ${lock.pid})`)}${duckdb.problem !== null && field('Problem', duckdb.problem)}</dl></section>
</div>`;
}

/** What of the log is missing in the file is mostly of tables that nobody follows. */
function followField(follow: StatusFollow): string {
  const log = follow.lagBytes === null ? '' : `, ${bytesText(follow.lagBytes)} of the log behind`;
  return `${followText(follow) ?? ''}${log} (process ${follow.pid})`;
}

function syncTable(syncs: readonly SyncRow[], status: Status | null): Html {
  const lag = new Map(status?.tables.map((table) => [table.table, lagOf(table)]));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tables"><table class="report dense"><thead><tr><th scope="col">Table</th><th scope="col" class="count">Rows</th><th scope="col">Lag</th><th scope="col">Synced (UTC)</th><th scope="col">How</th><th scope="col" class="count">Upserted</th><th scope="col" class="count">Deleted</th><th scope="col" class="number">Took</th></tr></thead><tbody>${syncs.map(
    (
      row,
    ) => html`<tr><th scope="row">${row.table_name}</th><td class="count">${grouped(BigInt(row.rows))}</td><td>${lag.get(row.table_name) ?? 'not known'}</td><td class="date">${row.synced_at}</td><td>${row.mode} <span class="note">${row.reason}</span></td><td class="count">${grouped(BigInt(row.upserted))}</td><td class="count">${grouped(BigInt(row.deleted))}</td><td class="number">${durationText(row.seconds)}</td></tr>
`,
  )}</tbody></table></div>`;
}

function lagOf({ behind, behindUnknown }: Status['tables'][number]): string {
  if (behind !== null) return behind ? 'PostgreSQL has changed since' : 'none';
  return behindUnknown === 'needs_reading' ? 'only reading it would tell' : 'not known';
}

/** What this server ran; the file and PostgreSQL know nothing of it. */
function log({ freshness: { runs }, base }: Frame): Html | null {
  if (runs.length === 0) return null;
  return html`<section class="panel wide-panel" id="log"><h2>Sync log <span class="note">of this server, since it was started</span></h2>
<div class="scroll" tabindex="0" role="region" aria-label="Sync log"><table class="report"><thead><tr><th scope="col">Began (UTC)</th><th scope="col">What</th><th scope="col">Came to</th><th scope="col" class="number">Took</th></tr></thead><tbody>${runs.map(
    ({
      task,
      since,
      seconds,
      problem,
    }) => html`<tr><td class="date">${since.toISOString().slice(0, 19).replace('T', ' ')}</td><th scope="row">${task}</th><td>${
      problem === null ? 'done' : html`<code>${problem.code}</code> <span class="note">${problem.message}</span>`
    }</td><td class="number">${durationText(seconds)}</td></tr>
`,
  )}</tbody></table></div><div class="foot"><a href="${base}/api/v1/status" download>JSON<span class="sr"> of the sync log</span></a></div></section>`;
}

function receiptTable(receipts: readonly ReceiptRow[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Receipts"><table class="report dense"><thead><tr><th scope="col">Validated (UTC)</th><th scope="col">By</th><th scope="col">Table</th><th scope="col">Outcome</th><th scope="col" class="count">PostgreSQL</th><th scope="col" class="count">DuckDB</th><th scope="col" class="count">Lag</th><th scope="col" class="count">Damage</th><th scope="col">Digest</th><th scope="col" class="number">Took</th></tr></thead><tbody>${receipts.map(
    (
      row,
    ) => html`<tr><td class="date">${row.validated_at}</td><td>${row.how}</td><th scope="row">${row.table_name}</th><td><b>${row.table_outcome.toUpperCase()}</b></td><td class="count">${grouped(BigInt(row.postgres_rows))}</td><td class="count">${grouped(BigInt(row.duckdb_rows))}</td><td class="count">${row.lag}</td><td class="count">${row.damage}</td><td><code>${row.digest?.slice(0, 8) ?? ''}</code></td><td class="number">${durationText(row.seconds)}</td></tr>
`,
  )}</tbody></table></div>`;
}
