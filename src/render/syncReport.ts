import type { SyncResult } from '../app/sync/syncRequest.ts';
import { grouped } from '../model/counted.ts';
import { sourceText } from '../model/fileSource.ts';
import { bytesText, durationText } from './amount.ts';
import { printable, printableText } from './printable.ts';
import { sampleDocument, sampleTableText } from './sampleText.ts';
import { renderTable, type TableStyle } from './table.ts';
import { wrapText } from './wrap.ts';

/** The document of `sync --json` (Contract). */
export function syncDocument(result: SyncResult): Record<string, unknown> {
  const { source, tables, snapshot, duckdb, seconds, published, warnings, heldBack, sampleTables } = result;
  return {
    status: 'ok',
    source,
    tables: tables.map((table) => ({ ...table })),
    snapshot,
    duckdb,
    seconds,
    published,
    warnings,
    held_back: heldBack,
    sample: sampleTables.map(sampleDocument),
  };
}

/** For a terminal: a row per table, then what came of it. */
export function renderSync(result: SyncResult, style: TableStyle): string {
  const table = renderTable(
    [
      { title: 'table' },
      { title: 'mode' },
      { title: 'rows', align: 'right' },
      { title: 'upserted', align: 'right' },
      { title: 'deleted', align: 'right' },
      { title: 'time', align: 'right' },
    ],
    result.tables.map((row) => [
      printable(row.table),
      row.mode,
      grouped(row.rows),
      grouped(row.upserted),
      grouped(row.deleted),
      durationText(row.seconds),
    ]),
    style,
  );
  const reasons = result.tables.map((row) => `${row.table}: ${MODES[row.mode]}: ${row.reason}.\n`);
  const prose = `${reasons.join('')}${outcome(result)}\n${heldBackLine(result)}${sampleLine(result)}`;
  return `${table}\n${wrapText(printableText(prose), style.width, 2)}`;
}

/** For cron: one line with a timestamp. */
export function syncLine(result: SyncResult, now: Date): string {
  const tables = result.tables.map(
    (table) =>
      `${table.table} ${table.mode} (${table.reason}) rows=${table.rows} upserted=${table.upserted} deleted=${table.deleted}`,
  );
  const held =
    result.heldBack === null
      ? ''
      : ` watermark held back by ${result.heldBack.holder} for ${result.heldBack.seconds} s`;
  const sample =
    result.sampleTables.length === 0 ? '' : `; SAMPLE DATA: ${result.sampleTables.map(sampleTableText).join('; ')}`;
  return `${now.toISOString()} sync ok from ${sourceText(result.source)}: ${tables.join('; ')} in ${result.seconds.toFixed(2)} s${held}${sample}`;
}

const MODES: Record<SyncResult['tables'][number]['mode'], string> = {
  full: 'loaded in full',
  incremental: 'only what changed',
  none: 'nothing to do',
};

function outcome(result: SyncResult): string {
  const { path, bytes } = result.duckdb;
  const source = `${sourceText(result.source)} (PostgreSQL ${result.source.version.replace(/ .*/, '')})`;
  const what = result.published
    ? `Published in ${durationText(result.seconds)}`
    : `Up to date (${durationText(result.seconds)})`;
  return `${what} from ${source}:\n${path} (${bytesText(bytes)})`;
}

function sampleLine({ sampleTables }: SyncResult): string {
  return sampleTables.length === 0 ? '' : `SAMPLE DATA: ${sampleTables.map(sampleTableText).join('; ')}.\n`;
}

function heldBackLine(result: SyncResult): string {
  const { heldBack } = result;
  if (heldBack === null) return '';
  return `Note: ${heldBack.holder} has had a transaction open for ${durationText(heldBack.seconds)}; until it ends, each sync reads again what changed since it began.\n`;
}
