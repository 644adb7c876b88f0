import type { InitResult, LoadResult } from '../app/init.ts';
import { agreeing, counted } from '../model/counted.ts';
import { durationText } from './amount.ts';

/** The document of `init --json`. */
export function initDocument(result: InitResult): Record<string, unknown> {
  const {
    source,
    table,
    created,
    dropped,
    forgottenImports,
    partitions,
    indexes,
    loaded,
    rows,
    sampleRows,
    synced,
    seconds,
  } = result;
  return {
    status: 'ok',
    source,
    table,
    created,
    dropped,
    forgotten_imports: forgottenImports,
    partitions,
    indexes,
    loaded: loadDocument(loaded),
    rows,
    sample_rows: sampleRows,
    synced,
    seconds,
  };
}

function loadDocument(loaded: LoadResult): Record<string, unknown> {
  if (loaded.kind !== 'file') return { ...loaded };
  const { notNormalized, ...rest } = loaded;
  return { ...rest, not_normalized: notNormalized };
}

/** What init made, line by line, with a newline at the end. */
export function renderInit(result: InitResult): string {
  const lines = [tableLine(result)];
  if (result.forgottenImports > 0)
    lines.unshift(
      `Dropped the records of ${counted(result.forgottenImports, 'import')}: ${agreeing(result.forgottenImports, 'its file', 'their files')} may come again.`,
    );
  if (result.dropped !== null) lines.unshift(`Dropped ${result.table} with its ${counted(result.dropped, 'row')}.`);
  if (!result.created && result.indexes.length > 0)
    lines.push(`Created the missing indexes on ${list(result.indexes)}.`);
  if (!result.created && result.partitions !== null)
    lines.push(`It is divided into ${partitionsText(result.partitions)}.`);
  lines.push(...loadLines(result));
  const real = result.rows - result.sampleRows;
  if (result.sampleRows > 0 && real > 0)
    lines.push(
      `Note: ${counted(result.sampleRows, 'row')} of sample data ${agreeing(result.sampleRows, 'is', 'are')} in ${result.table} beside ${counted(real, 'row')} of yours, and every report says so.`,
      "  To be rid of them: DELETE FROM … WHERE tx_id LIKE 'hh-%', or begin anew with --reset --yes.",
    );
  if (!result.synced) lines.push(`Note: FINANCE_DB_TABLES does not name ${result.table}, so that sync leaves it out.`);
  else if (result.rows > 0) lines.push('Next: finance-db sync');
  return `${lines.join('\n')}\n`;
}

function tableLine({ created, table, source, partitions, indexes, rows, loaded }: InitResult): string {
  const place = source.kind === 'embedded' ? 'on the embedded server' : `in ${source.where}`;
  const divided = partitions === null ? '' : ` in ${partitionsText(partitions)},`;
  if (created) return `Created ${table} ${place},${divided} with indexes on ${list(indexes)}.`;
  const before = rows - loaded.rows;
  return before === 0
    ? `${table} exists ${place} and was empty.`
    : `${table} exists ${place} with ${counted(before, 'row')}; ${agreeing(before, 'it was', 'they were')} not touched.`;
}

/** `28 partitions by month from 2024-01 to 2026-03`. */
function partitionsText({ count, first, last }: NonNullable<InitResult['partitions']>): string {
  const months = first === null || last === null ? '' : ` by month from ${first} to ${last}`;
  return `${counted(count, 'partition')}${months}`;
}

function loadLines({ loaded, rows, seconds, table }: InitResult): string[] {
  if (loaded.kind === 'sample')
    return [
      `Loaded ${counted(loaded.rows, 'row')} of sample data in ${durationText(seconds)}: generated, the same each time, in ${loaded.currency}.`,
    ];
  if (loaded.kind === 'file') {
    const lines = [
      `Loaded ${counted(loaded.rows, 'row')} from ${loaded.file} in ${durationText(seconds)}; ${table} has ${counted(rows, 'row')} now.`,
      ...loaded.defaulted.map((text) => `  not in the file: ${text}`),
    ];
    if (loaded.notNormalized > 0)
      lines.push(
        `  ${counted(loaded.notNormalized, 'row')} in other currencies ${agreeing(loaded.notNormalized, 'has', 'have')} no normalized_amount: reports leave ${agreeing(loaded.notNormalized, 'it', 'them')} out`,
      );
    return lines;
  }
  switch (loaded.reason) {
    case 'asked':
      return [];
    case 'has_rows':
      return ['No sample data was loaded: the table has rows already.'];
    case 'external_server':
      return [
        'No sample data was loaded, as this is a server of your own: ask for it with --sample, or load a file with --from FILE.csv.',
      ];
  }
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
