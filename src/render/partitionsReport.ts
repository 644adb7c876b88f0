import type { ListedPartition, PartitionsResult } from '../app/partitions/partitions.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { displayName } from '../model/tableName.ts';
import { bytesText } from './amount.ts';
import { printable, printableText } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';

/** The document of `partitions --json`. */
export function partitionsDocument(result: PartitionsResult): Record<string, unknown> {
  const { table, key, made, detached, wouldDetach, kept, partitions } = result;
  return {
    status: 'ok',
    table,
    partitioned_by: key,
    made,
    detached,
    would_detach: wouldDetach,
    kept_from: kept,
    partitions: partitions.map((partition) => ({
      name: displayName(partition),
      bound: partition.bound,
      from: partition.range?.from ?? null,
      to: partition.range?.to ?? null,
      default: partition.isDefault,
      half_detached: partition.pending,
      rows_estimated: partition.rows,
      bytes: partition.bytes,
      stray_rows: partition.strayRows,
    })),
  };
}

/** A row a partition, in the order of their bounds, for any width. */
export function partitionsTable({ partitions }: PartitionsResult, style: TableStyle): string {
  const ranges = partitions.every(({ range, isDefault }) => range !== null || isDefault);
  return renderTable(
    [
      { title: 'partition', names: true },
      ...(ranges ? [{ title: 'from' }, { title: 'to' }] : [{ title: 'rows of' }]),
      { title: 'rows, about', align: 'right' },
      { title: 'size', align: 'right' },
    ],
    partitions.map((partition) => [
      printable(displayName(partition)),
      ...(ranges ? rangeCells(partition) : [printable(partition.bound.replace(/^FOR VALUES /, ''))]),
      rowsText(partition),
      bytesText(Number(partition.bytes)),
    ]),
    style,
  );
}

function rangeCells({ range, isDefault }: ListedPartition): string[] {
  if (isDefault) return ['default', ''];
  return [range?.from ?? null, range?.to ?? null].map((bound) =>
    bound === null ? 'any' : printable(bound.replace(/ 00:00:00(?:\+00)?$/, '')),
  );
}

function rowsText({ strayRows, rows, pending }: ListedPartition): string {
  if (pending) return 'half detached';
  if (strayRows !== null) return grouped(strayRows);
  return rows === null ? 'not analysed' : grouped(rows);
}

/** What was done, and what somebody should know of it. */
export function partitionsText(
  result: PartitionsResult,
  { listing, made }: { readonly listing: boolean; readonly made: boolean },
): string {
  const { table, key, partitions } = result;
  const lines = listing ? [`${table}: ${counted(partitions.length, 'partition')} by ${key}.`] : [];
  if (made) lines.push(madeLine(result));
  if (result.kept !== null) lines.push(...keepLines(result));
  for (const partition of partitions) {
    if (partition.strayRows !== null && partition.strayRows > 0n)
      lines.push(
        `Note: ${counted(partition.strayRows, 'row')} ${agreeing(partition.strayRows, 'lies', 'lie')} in the default partition ${displayName(partition)}, which keeps a partition of their own from being made.`,
      );
    if (partition.pending)
      lines.push(
        `Note: ${displayName(partition)} is half detached: its rows have left ${table}; --keep with --yes brings it to an end.`,
      );
  }
  return printableText(`${lines.join('\n')}\n`);
}

function madeLine({ table, made, until }: PartitionsResult): string {
  if (made.length === 0) return `Nothing to make: ${table} has every month to ${until}.`;
  return `Made ${counted(made.length, 'partition')} of ${table}, ${namesText(made)}: it takes rows before ${until}.`;
}

/** All of few, else the first and the last; --json has all. */
function namesText(names: readonly string[]): string {
  return names.length > 4 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
}

function keepLines({ table, kept, detached, wouldDetach }: PartitionsResult): string[] {
  const all = [...detached, ...wouldDetach];
  if (all.length === 0) return [`No partition of ${table} lies wholly before ${kept}.`];
  const rows = all.reduce<bigint | null>((sum, one) => (sum === null || one.rows === null ? null : sum + one.rows), 0n);
  const size = rows === null ? '' : `, about ${counted(rows, 'row')}`;
  const names = namesText(all.map(({ name }) => name));
  if (wouldDetach.length > 0)
    return [
      `Would detach ${counted(all.length, 'partition')} of ${table} that ${agreeing(all.length, 'lies', 'lie')} wholly before ${kept}${size}: ${names}.`,
      'Nothing was done: add --yes if that is what you want. The DuckDB file and all reports lose these rows at the next sync.',
    ];
  return [
    `Detached ${counted(all.length, 'partition')} of ${table}${size}: ${names}. ${agreeing(all.length, 'It stays as a table', 'They stay as tables')} of ${agreeing(all.length, 'its', 'their')} own; DROP TABLE when ${agreeing(all.length, 'it is', 'they are')} not needed any more.`,
    'The DuckDB file and all reports lose these rows at the next sync.',
  ];
}
