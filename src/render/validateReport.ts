import {
  type Difference,
  type Repair,
  type TableCheck,
  type ValidationResult,
  verdictOf,
} from '../app/validate/result.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { bytesText, durationText } from './amount.ts';
import { printable, printableText } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';
import { wrapText } from './wrap.ts';

/** The document of `validate --json` (Contract). */
export function validationDocument(result: ValidationResult, repairs: readonly Repair[] = []): Record<string, unknown> {
  const { status, tables, snapshot, seconds, bytesReceived } = result;
  return {
    status,
    tables: tables.map((check) => ({
      table: check.table,
      status: verdictOf(check),
      rows: check.rows,
      lag: check.lag,
      damage: check.damage,
      examples: check.examples,
      buckets: check.buckets,
      unequal_buckets: check.unequalBuckets,
      digest: check.digest,
      problem: check.problem,
      notes: check.notes,
    })),
    ...(repairs.length === 0 ? {} : { repaired: repairs }),
    snapshot,
    ...(result.metAt === null ? {} : { met_at: result.metAt }),
    seconds,
    bytes_received: bytesReceived,
    ...(result.warnings.length === 0 ? {} : { warnings: result.warnings }),
    receipt: result.receiptProblem === null ? 'stored' : `not stored: ${result.receiptProblem}`,
  };
}

/** For people: a row of checks per table, what differs, and the verdict in words. */
export function renderValidation(result: ValidationResult, style: TableStyle): string {
  const lines = [checksTable(result.tables, style)];
  const say = (text: string): number => lines.push(wrapText(printableText(text), style.width, 2));
  for (const check of result.tables) {
    if (check.problem !== null) say(`${check.table}: ${check.problem}`);
    // Whole here: a narrow terminal may cut it in the table.
    const [damage, lag] = [damageText(check.damage), damageText(check.lag)];
    if (damage !== 'none' || lag !== 'none') say(`${check.table}: damage ${damage}; lag ${lag}`);
    for (const note of check.notes) say(`${check.table}: ${note}`);
  }
  const examples = result.tables.flatMap((check) => check.examples.map((example) => ({ table: check.table, example })));
  if (examples.length > 0) lines.push(examplesTable(examples, style));
  if (result.receiptProblem !== null) say(`The receipt was not stored: ${result.receiptProblem}.`);
  say(verdictLine(result));
  return `${lines.join('\n')}\n`;
}

/** What a repair did, and the verdict after it. */
export function renderRepairs(repairs: readonly Repair[], result: ValidationResult, style: TableStyle): string {
  const lines = repairs.map(({ table, how, damage: { missing, extra, different }, problem }) =>
    how === 'full'
      ? `${table}: loaded anew${problem === null ? '' : ` (${problem})`}`
      : `${table}: put back ${counted(missing, 'missing row')}, removed ${counted(extra, 'extra one')}, mended ${counted(different, 'different one')}`,
  );
  return `${wrapText(printableText(`${lines.join('\n')}\n${verdictLine(result)}`), style.width, 2)}\n`;
}

/** The verdict in one sentence. */
export function verdictLine(result: ValidationResult): string {
  const sum = (count: (check: TableCheck) => bigint): bigint =>
    result.tables.reduce((all, check) => all + count(check), 0n);
  const rows = counted(
    sum((check) => check.rows.postgres),
    'row',
  );
  const beside = result.metAt === null ? '' : `beside the follower, as of the log's position ${result.metAt}; `;
  const how = `${beside}${durationText(result.seconds)}, ${bytesText(result.bytesReceived)} from PostgreSQL`;
  const lagging = sum((check) => check.lag.changed + check.lag.deleted);
  const behind = `PostgreSQL has changed ${counted(
    sum((check) => check.lag.changed),
    'row',
  )} and deleted ${grouped(sum((check) => check.lag.deleted))} since the last sync`;
  switch (result.status) {
    case 'equal':
      if (result.quick)
        return `EQUAL in counts, sums, minima and maxima of ${rows} (${how}); validate without --quick for the proof.`;
      return `EQUAL: every column of ${rows} is the same in PostgreSQL and DuckDB (${how}).`;
    case 'lagging':
      return `LAGGING, not damaged: ${behind}; every other row is the same (${how}). Run \`finance-db sync\` to catch up.`;
    case 'damaged': {
      const damage = sum(({ damage: { missing, extra, different } }) => missing + extra + different);
      const also = lagging > 0n ? ` Besides, ${behind}, which is no damage.` : '';
      const what =
        damage > 0n
          ? `${counted(damage, 'row')} of the DuckDB file ${agreeing(damage, 'is', 'are')} wrong`
          : 'the DuckDB file does not fit, see above';
      return `DAMAGED: ${what} (${how}).${also} Run \`finance-db validate --repair\`.`;
    }
  }
}

/** For cron: one line with a timestamp. */
export function validationLine(result: ValidationResult, now: Date): string {
  const tables = result.tables.map(
    ({ table, rows, lag, damage }) =>
      `${table} rows=${rows.postgres}/${rows.duckdb} lag=${lag.changed + lag.deleted} damage=${damage.missing + damage.extra + damage.different}`,
  );
  return `${now.toISOString()} validate ${result.status} ${tables.join('; ')} in ${result.seconds.toFixed(2)} s`;
}

/** @param other what to call the side that is no PostgreSQL */
export function checksTable(checks: readonly TableCheck[], style: TableStyle, other = 'DuckDB rows'): string {
  return renderTable(
    [
      { title: 'table' },
      { title: 'verdict' },
      { title: 'PostgreSQL rows', align: 'right' },
      { title: other, align: 'right' },
      { title: 'damage' },
      { title: 'lag' },
    ],
    checks.map((check) => [
      printable(check.table),
      verdictOf(check),
      grouped(check.rows.postgres),
      grouped(check.rows.duckdb),
      damageText(check.damage),
      damageText(check.lag),
    ]),
    style,
  );
}

/** `2 missing, 1 extra`, or `none`: nine columns of numbers would not fit 80 columns. */
function damageText(counts: Readonly<Record<string, bigint>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0n);
  return parts.length === 0 ? 'none' : parts.map(([what, count]) => `${grouped(count)} ${what}`).join(', ');
}

export function examplesTable(
  examples: readonly { table: string; example: Difference }[],
  style: TableStyle,
  other = 'DuckDB',
): string {
  return renderTable(
    [
      { title: 'table' },
      { title: 'what' },
      { title: 'key' },
      { title: 'column' },
      { title: 'PostgreSQL' },
      { title: other },
    ],
    examples.map(({ table, example }) => [
      printable(table),
      example.kind,
      printable(typeof example.key === 'string' ? example.key : JSON.stringify(example.key ?? '')),
      printable(example.column ?? '(row)'),
      quoted(example.postgres),
      quoted(example.duckdb),
    ]),
    style,
  );
}

/** Quoted, so that a trailing space, the empty string and NULL can be told apart. */
function quoted(value: string | null): string {
  return value === null ? 'NULL' : `"${printable(value)}"`;
}
