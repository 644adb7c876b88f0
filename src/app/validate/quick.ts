import { agreeing, counted } from '../../model/counted.ts';
import { quickChecks } from '../../model/quickChecks.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { countChanged } from '../../postgres/digest.ts';
import { bothSides } from './bothSides.ts';
import type { Lag } from './lag.ts';
import type { CheckContext, Difference, TableCheck } from './result.ts';
import { jsonArray } from './rowNames.ts';

/**
 * Compares counts, sums, minima and maxima only. Where PostgreSQL may have changed since the sync, differences are
 * lag as far as changed rows or the count of rows can explain any.
 */
export async function checkQuickly(
  context: CheckContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  lag: Lag,
  basis: TableCheck,
): Promise<TableCheck> {
  const checks = columns.flatMap((column) => quickChecks(column, context.dialect));
  const theirSql = `SELECT count(*)::text AS rows, ${jsonArray(checks.map((check) => check.postgres))} AS checks FROM ${rowsOf(source)}`;
  // The driver drops a byte order mark that begins a text, so something else must.
  const ourList = checks.map((check, index) => `, '=' || ${check.duckdb} AS c${index}`).join('');
  type Row = Record<string, string | null>;
  const scan = context.copy.scan ?? ((work) => work());
  const [[theirs = {}], [ours = {}]] = await bothSides(
    context.snapshot.session.query<Row>(theirSql),
    scan(() => context.copy.all<Row>(`SELECT count(*)::VARCHAR AS rows${ourList} FROM ${duckdbTable(source.table)}`)),
  );
  const theirChecks = JSON.parse(theirs['checks'] ?? '[]') as (string | null)[];
  const examples: Difference[] = checks.flatMap((check, index) => {
    const [postgres, duckdb] = [theirChecks[index] ?? null, ours[`c${index}`]?.slice(1) ?? null];
    if (postgres === duckdb) return [];
    return [{ kind: 'different', key: null, column: `${check.what}(${check.column})`, postgres, duckdb }];
  });
  const rows = { postgres: BigInt(theirs['rows'] ?? '0'), duckdb: BigInt(ours['rows'] ?? '0') };
  const found = { ...basis, rows, problem: lag.problem, notes: lag.notes };
  if (examples.length === 0 && rows.postgres === rows.duckdb) return found;
  if (lag.possible) {
    const newer =
      lag.condition === null ? 0n : await countChanged(context.snapshot.session, rowsOf(source), lag.condition);
    const changed = lag.blind && rows.postgres === rows.duckdb ? 1n : newer;
    const deleted = rows.duckdb > rows.postgres ? rows.duckdb - rows.postgres : 0n;
    if (changed + deleted > 0n)
      return {
        ...found,
        lag: { changed, deleted },
        notes: [
          ...found.notes,
          `${counted(examples.length, 'sum')} ${agreeing(examples.length, 'differs', 'differ')}, which rows changed since the last sync may explain; validate without --quick tells`,
        ],
      };
  }
  return {
    ...found,
    examples: examples.slice(0, context.limit),
    problem:
      lag.problem ??
      `${examples.length} of ${checks.length} counts, sums, minima and maxima ${agreeing(examples.length, 'differs', 'differ')}`,
  };
}
