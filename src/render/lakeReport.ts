import type { LakeResult, TableOutcome } from '../app/lake/result.ts';
import type { LakeProof } from '../app/lake/verify.ts';
import { type TableCheck, verdictOf } from '../app/validate/result.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { bytesText, durationText } from './amount.ts';
import { printable, printableText } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';
import { checksTable, examplesTable, validationDocument } from './validateReport.ts';
import { wrapText } from './wrap.ts';

/** The document of `lake --json`. */
export function lakeDocument(result: LakeResult): Record<string, unknown> {
  return {
    status: 'ok',
    location: result.location,
    tables: result.tables.map((table) => ({
      table: table.table,
      location: table.location,
      published: table.published,
      version: table.version,
      snapshot_id: table.snapshotId,
      rows: table.rows,
      bytes: table.bytes,
      units: table.units,
      files: table.files,
      schema_changes: table.changes,
      new_version: table.newVersion,
      expired_snapshots: table.expired,
    })),
    seconds: result.seconds,
    warnings: result.warnings,
  };
}

/** For a terminal: a row a table, then what came of it. */
export function renderLake(result: LakeResult, style: TableStyle): string {
  const table = renderTable(
    [
      { title: 'table' },
      { title: 'rows', align: 'right' },
      { title: 'parts', align: 'right' },
      { title: 'written', align: 'right' },
      { title: 'size', align: 'right' },
      { title: 'version', align: 'right' },
    ],
    result.tables.map((row) => [
      printable(row.table),
      grouped(row.rows),
      grouped(row.units.all),
      row.published ? grouped(row.units.changed) : 'nothing',
      bytesText(Number(row.bytes)),
      `v${row.version}`,
    ]),
    style,
  );
  const changes = result.tables.flatMap((row) => row.changes.map((change) => `${row.table}: ${change}.\n`));
  const versions = result.tables.filter((row) => row.newVersion).map(newVersionLine);
  const published = result.tables.some((row) => row.published);
  const outcome = `${published ? 'Published' : 'Up to date'} in ${durationText(result.seconds)}: ${result.location}`;
  return `${table}\n${wrapText(printableText(`${changes.join('')}${versions.join('')}${outcome}\n`), style.width, 2)}`;
}

function newVersionLine({ table }: TableOutcome): string {
  return `${table}: a column was replaced by another of its name, which Iceberg does not know as a change: all files were written anew.\n`;
}

/** For cron: one line with a timestamp. */
export function lakeLine(result: LakeResult, now: Date): string {
  const tables = result.tables.map((row) =>
    row.published
      ? `${row.table} v${row.version} rows=${row.rows} parts=${row.units.changed}/${row.units.all}${row.changes.map((change) => `, ${change}`).join('')}`
      : `${row.table} v${row.version} unchanged rows=${row.rows}`,
  );
  return `${now.toISOString()} lake ok to ${result.location}: ${tables.join('; ')} in ${result.seconds.toFixed(2)} s`;
}

/** The document of `lake --verify --json`: that of `validate`, with the files. `duckdb` in it is the lake as DuckDB reads it. */
export function proofDocument({ validation, tables }: LakeProof): Record<string, unknown> {
  return {
    ...validationDocument(validation),
    files: tables.map(({ check, location, version, files, damagedFiles }) => ({
      table: check.table,
      location,
      version,
      files,
      damaged: damagedFiles,
    })),
  };
}

/** For people: the checks, what differs, and the verdict. */
export function renderProof(proof: LakeProof, style: TableStyle): string {
  const { validation } = proof;
  const lines = [checksTable(validation.tables, style, 'lake rows')];
  const say = (text: string): number => lines.push(wrapText(printableText(text), style.width, 2));
  for (const { check, damagedFiles } of proof.tables) {
    for (const file of damagedFiles) say(file);
    if (check.problem !== null) say(`${check.table}: ${check.problem}`);
    for (const note of check.notes) say(`${check.table}: ${note}`);
  }
  const examples = validation.tables.flatMap((check) =>
    check.examples.map((example) => ({ table: check.table, example })),
  );
  if (examples.length > 0) lines.push(examplesTable(examples, style, 'lake'));
  if (validation.receiptProblem !== null) say(`The receipt was not stored: ${validation.receiptProblem}.`);
  say(proofLine(proof));
  return `${lines.join('\n')}\n`;
}

/** The verdict in one sentence. */
export function proofLine({ validation, tables }: LakeProof): string {
  const sum = (count: (check: TableCheck) => bigint): bigint =>
    validation.tables.reduce((all, check) => all + count(check), 0n);
  const rows = counted(
    sum((check) => check.rows.postgres),
    'row',
  );
  const files = tables.reduce((all, table) => all + table.files, 0);
  const how = `${counted(files, 'file')}, ${durationText(validation.seconds)}`;
  const behind = `PostgreSQL has changed ${counted(
    sum((check) => check.lag.changed),
    'row',
  )} and deleted ${grouped(sum((check) => check.lag.deleted))} since the lake was published`;
  switch (validation.status) {
    case 'equal':
      return `EQUAL: every column of ${rows} is the same in PostgreSQL and in the lake (${how}).`;
    case 'lagging':
      return `LAGGING, not damaged: ${behind}; every other row is the same (${how}). Run \`finance-db lake\` to catch up.`;
    case 'damaged': {
      const damage = sum(({ damage: { missing, extra, different } }) => missing + extra + different);
      const bad = tables.reduce((all, table) => all + table.damagedFiles.length, 0);
      const damagedTables = validation.tables.filter((check) => verdictOf(check) === 'damaged').length;
      return `DAMAGED: ${counted(damage, 'row')} of the lake ${agreeing(damage, 'is', 'are')} wrong, ${grouped(bad)} of its files ${agreeing(bad, 'is', 'are')} damaged, in ${damagedTables} of ${counted(tables.length, 'table')} (${how}). Run \`finance-db lake --rebuild\`.`;
    }
  }
}

/** For cron. */
export function proofLogLine(proof: LakeProof, now: Date): string {
  return `${now.toISOString()} lake --verify ${proofLine(proof)}`;
}
