import type { Status, StatusFollow, StatusSlot, StatusTable } from '../app/status.ts';
import { counted, grouped } from '../model/counted.ts';
import { sourceText } from '../model/fileSource.ts';
import { bytesText, durationText } from './amount.ts';
import { printable, printableText } from './printable.ts';
import { sampleDocument } from './sampleText.ts';
import { renderTable, type TableStyle } from './table.ts';
import { wrapText } from './wrap.ts';

/** The document of `status --json` (Contract). */
export function statusDocument(status: Status): Record<string, unknown> {
  const { postgres, duckdb, tables, lastValidation, lock, follow, slots, diskFree } = status;
  const { path, exists, bytes, sample, sampleTables, source, otherSource, checkedAt, problem } = duckdb;
  return {
    postgres,
    duckdb: {
      path,
      exists,
      bytes,
      sample,
      sample_tables: sampleTables.map(sampleDocument),
      source,
      other_source: otherSource,
      checked_at: checkedAt,
      problem,
    },
    tables: tables.map(({ table, rows, syncedAt, mode, behind, behindUnknown }) => ({
      table,
      rows,
      synced_at: syncedAt,
      mode,
      behind,
      behind_unknown: behindUnknown,
    })),
    last_validation: lastValidation,
    lock,
    follow: follow === null ? null : followDocument(follow),
    ...(slots.length === 0 ? {} : { slots: slots.map(slotDocument) }),
    disk_free: diskFree,
  };
}

/** Columns of what stands before each line. */
const LABEL = 12;

/** What a source could have, what it would spare, and the one line to set. */
function notSummarized({ scan, summaries }: Status['postgres']): string {
  if (summaries === null)
    return 'not summarized: PostgreSQL does so from version 17 on, and a sync reads no more than the parts that changed then';
  const parts = scan === null ? '' : counted(scan.parts, 'part');
  const size = scan === null || scan.bytes === null ? '' : `${bytesText(scan.bytes)} in `;
  const all = scan === null ? '' : `, ${size}${parts}`;
  const needed = scan?.needed ?? null;
  const last =
    needed === null
      ? ''
      : `; the last sync found ${counted(needed.rows, 'changed row')}, in at most ${bytesText(needed.bytes)} of them`;
  // Without the level the server would not start any more.
  const line =
    scan?.restart === true
      ? 'ALTER SYSTEM SET wal_level = replica; ALTER SYSTEM SET summarize_wal = on; and a restart of the server'
      : 'ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf();';
  return `not summarized, so that a sync reads all of each table in which something may have changed${all}${last}; to spare it the parts that did not change: ${line}`;
}

/** For people: a line for each thing, and a table of the tables. */
export function renderStatus(status: Status, now: Date, style: TableStyle): string {
  const lines = [`PostgreSQL  ${postgresText(status.postgres)}`, `DuckDB      ${duckdbText(status)}`];
  if (status.postgres.reachable && status.postgres.summaries !== true)
    lines.push(`Log         ${notSummarized(status.postgres)}`);
  const { checkedAt } = status.duckdb;
  if (checkedAt !== null) lines.push(`Checked     ${checkedAt.toISOString()}, ${agoText(checkedAt, now)}`);
  if (status.follow !== null) lines.push(`Follow      ${followText(status.follow)}`);
  else if (status.lock !== null)
    lines.push(`Sync        running: process ${status.lock.pid} on ${status.lock.host}, since ${status.lock.since}`);
  for (const slot of status.slots) lines.push(`Slot        ${slotText(slot)}`);
  const validation = validationText(status.lastValidation);
  if (validation !== null) lines.push(`Validation  ${validation}`);
  if (status.diskFree !== null) lines.push(`Disk        ${bytesText(status.diskFree)} free`);
  const text = wrapText(printableText(`${lines.join('\n')}\n`), style.width, LABEL);
  if (status.tables.length === 0) return text;
  const table = renderTable(
    [
      { title: 'table' },
      { title: 'rows', align: 'right' },
      { title: 'last sync', least: 20 },
      { title: 'age', align: 'right' },
      { title: 'mode' },
      { title: 'behind', wrap: true },
    ],
    status.tables.map((row) => [
      printable(row.table),
      grouped(row.rows),
      row.syncedAt,
      durationText(Math.max(0, (now.getTime() - Date.parse(row.syncedAt)) / 1000)),
      row.mode,
      behindText(row),
    ]),
    style,
  );
  return `${text}${table}\n`;
}

function followDocument({ lagBytes, ...note }: StatusFollow): Record<string, unknown> {
  return { ...note, lag_bytes: lagBytes };
}

function slotDocument({ name, state, heldBytes, lagBytes, limited }: StatusSlot): Record<string, unknown> {
  return { name, state, held_bytes: heldBytes, lag_bytes: lagBytes, limited };
}

/** `ledger: nobody follows; 3.1 MB behind; the server keeps 16.8 MB of its log for it, without limit`. */
function slotText({ name, state, heldBytes, lagBytes, limited }: StatusSlot): string {
  if (state === 'unknown') return `${name}: the server was not asked`;
  if (state === 'elsewhere') return `${name}: in another database`;
  if (state === 'lost') return `${name}: lost; \`finance-db follow --drop-slot ${name}\` forgets it`;
  const who = state === 'streaming' ? 'followed' : 'nobody follows';
  const behind = lagBytes === null ? '' : `; ${bytesText(lagBytes)} behind`;
  const held = heldBytes === null ? '' : `; the server keeps ${bytesText(heldBytes)} of its log for it`;
  return `${name}: ${who}${behind}${held}${limited === false ? ', without limit (max_slot_wal_keep_size)' : ''}`;
}

/** `process 12 since …: streaming, 0.31 s behind (1.2 kB of the log), slot finance_db_12`. */
function followText(follow: StatusFollow): string {
  const { pid, since, state, why, lag_seconds: lag, lagBytes, slot, scanned, scanned_at: scannedAt } = follow;
  const behind = lag === 0 ? 'up to date' : `${durationText(lag)} behind`;
  const bytes = lagBytes === null ? '' : ` (${bytesText(lagBytes)} of the log)`;
  const standing =
    state === 'waiting' ? `waiting: ${why}` : state === 'scanning' ? 'comparing both sides' : `${behind}${bytes}`;
  const others =
    scanned.length === 0
      ? ''
      : `; scanned${scannedAt === null ? '' : ` at ${scannedAt}`}, not followed: ${scanned.join(', ')}`;
  return `process ${pid} since ${since}: ${standing}${slot === null ? '' : `, slot ${slot}`}${others}`;
}

function behindText({ behind, behindUnknown }: StatusTable): string {
  if (behindUnknown === 'needs_reading') return 'cannot be told without reading';
  if (behind === null) return 'unknown';
  return behind ? 'maybe: transactions since' : 'no';
}

function agoText(time: Date, now: Date): string {
  return `${durationText(Math.max(0, (now.getTime() - time.getTime()) / 1000))} ago`;
}

function postgresText(postgres: Status['postgres']): string {
  if (postgres.reachable) return `${sourceText(postgres)}, reachable, version ${postgres.version}`;
  return `${sourceText(postgres)}, not reachable: ${postgres.problem}`;
}

function duckdbText(status: Status): string {
  const { duckdb } = status;
  if (!duckdb.exists) return `${duckdb.path} is not there yet; run \`finance-db sync\``;
  if (duckdb.problem !== null) return duckdb.problem;
  const from = duckdb.source === null ? '' : `, from ${sourceText(duckdb.source)}`;
  const other = duckdb.otherSource ? ': ANOTHER DATABASE than the one above' : '';
  return `${duckdb.path} (${bytesText(duckdb.bytes)})${duckdb.sample ? ', SAMPLE DATA' : ''}${from}${other}`;
}

function validationText(validation: Record<string, unknown> | null): string | null {
  if (validation === null) return null;
  // As DuckDB writes it; shown as the times of syncs are.
  const at = String(validation['validated_at']).replace(/^(\S+) (\d\d:\d\d:\d\d)(?:\.\d+)?\+00$/, '$1T$2Z');
  return `${String(validation['outcome'])} at ${at}`;
}
