import { knownDaysSql } from '../../analytics/knownDays.ts';
import { reportOf } from '../../analytics/reports.ts';
import { LEDGER_COLUMNS, type Span, type StatsRequest } from '../../analytics/request.ts';
import {
  ledgerSource,
  type PlainDays,
  plainDaysSql,
  type Relation,
  type StoredColumn,
  type TableDays,
  tableDaysSql,
} from '../../analytics/source.ts';
import { type CategoryUse, readVocabulary, vocabularySql } from '../../analytics/vocabulary.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { beside, STATEMENTS } from '../../model/importTables.ts';
import type { Period } from '../../model/period.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { displayName, duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';
import { readShape } from './readShape.ts';

/** What a user asked for, validated, before the file was looked at. */
export type StatsInput = Omit<StatsRequest, 'source' | 'vocabulary' | 'span' | 'file' | 'statements'> & {
  readonly table: TableName;
};

/** A request with what the file itself tells. */
export interface PreparedRequest {
  readonly request: StatsRequest;
  /** The day after which rows are left out, because nobody asked for what lies ahead; null when there is none or it was asked for. */
  readonly until: string | null;
  /** Whether rows are left out that have no day a report could name. */
  readonly undated: boolean;
  /** The table as it is stored. */
  readonly stored: { readonly table: string; readonly columns: readonly StoredColumn[] };
}

/**
 * Adds what the file itself tells: its columns, what its categories mean and which days it covers. What is dated after today is
 * looked at only by a period that names its end, and by reports on every row: one typing error must not move what is the latest.
 * @throws FinanceDbError CONFIG when the file has no table that this report can read
 */
export async function prepareRequest(
  reader: DuckDbReader,
  report: ReportName,
  input: StatsInput,
): Promise<PreparedRequest> {
  const { table, ...rest } = input;
  const columns = await readColumns(reader, table);
  const relation = await readRelation(reader, table, columns);
  if (report === 'currencies' && relation.amountScale === null)
    throw new FinanceDbError('CONFIG', `amount of ${displayName(table)} is no exact number, which currencies adds up`, {
      remedy: 'make it numeric, such as numeric(15,2)',
      details: { table: displayName(table) },
    });
  const days = await readDays(reader, relation, table, input.calendar.today);
  const undated = days !== undefined && days.undated !== '0';
  if (undated && days.undated === days.rows && relation.converts) await requireReadableDays(reader, relation, table);
  const asksForAll = input.period.to !== null || reportOf(report).everyRow === true;
  const ahead = !asksForAll && (days?.last ?? '') > input.calendar.today;
  const last = ahead ? (days?.last_known ?? null) : (days?.last ?? null);
  const file = days?.first && last ? { from: days.first, to: last } : null;
  const until = ahead && file !== null ? input.calendar.today : null;
  const whole = days?.first && days.last ? { from: days.first, to: days.last } : null;
  const source = ledgerSource(relation, { undated, until });
  const vocabulary = readVocabulary(await reader.all<CategoryUse>(vocabularySql(source.whole)));
  return {
    request: {
      ...rest,
      source,
      vocabulary,
      statements: report === 'balances' || report === 'forecast' ? await readStatements(reader, table) : null,
      // Where nothing is dated up to today, all of it is what there is to see.
      file: file ?? whole,
      span: (file ?? whole) === null ? null : commonSpan(input.period, (file ?? whole) as Span),
    },
    until,
    undated,
    stored: { table: relation.table, columns },
  };
}

/** The table of imported statement balances beside the transactions, where the file has it. */
async function readStatements(reader: DuckDbReader, table: TableName): Promise<string | null> {
  const statements = beside(table, STATEMENTS);
  const columns = await reader.all<StoredColumn>(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = $schema AND table_name = $name`,
    { schema: duckdbSchema(statements), name: statements.name },
  );
  const days = ['opening_day', 'closing_day', 'first_day', 'last_day'];
  const needed = ['account_id', 'currency', 'closing', 'import_id', 'number', ...days];
  return needed.every((name) => columns.some((column) => column.name === name)) ? duckdbTable(statements) : null;
}

async function readDays(
  reader: DuckDbReader,
  relation: Relation,
  table: TableName,
  today: string,
): Promise<TableDays | undefined> {
  const known = relation.ofLake && !relation.converts ? await reader.all<PlainDays>(knownDaysSql(table, today)) : [];
  const [quick] = known.length > 0 ? known : await reader.all<PlainDays>(plainDaysSql(relation, today));
  if (quick?.plain === true)
    return { rows: quick.rows, undated: '0', first: quick.first, last: quick.last, last_known: quick.last };
  const [days] = await reader.all<TableDays>(tableDaysSql(relation, today));
  return days;
}

/** A text that says no day in any row was meant for something else, or is written in a way that leaves day and month open. */
async function requireReadableDays(reader: DuckDbReader, relation: Relation, table: TableName): Promise<void> {
  const [row] = await reader.all<{ example: string | null }>(
    `SELECT any_value("timestamp")::VARCHAR AS example FROM ${relation.table}`,
  );
  if (row?.example == null) return;
  throw new FinanceDbError(
    'CONFIG',
    `timestamp of ${displayName(table)} holds texts like ${JSON.stringify(row.example.slice(0, 40))}, which are no dates`,
    { remedy: 'make it a timestamp or a date, or texts like 2026-01-31', details: { table: displayName(table) } },
  );
}

async function readColumns(reader: DuckDbReader, table: TableName): Promise<StoredColumn[]> {
  const columns = await reader.all<StoredColumn>(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = $schema AND table_name = $name`,
    { schema: duckdbSchema(table), name: table.name },
  );
  if (columns.length === 0)
    throw new FinanceDbError('CONFIG', `the DuckDB file has no table ${displayName(table)}, which the reports read`, {
      remedy: 'sync a table of that name; `finance-db query` reads any other',
      details: { table: displayName(table) },
    });
  return columns;
}

async function readRelation(
  reader: DuckDbReader,
  table: TableName,
  columns: readonly StoredColumn[],
): Promise<Relation> {
  const shape = await readShape(duckdbTable(table), columns, LEDGER_COLUMNS, (sql) => reader.all(sql));
  if (shape.kind === 'readable') return shape.relation;
  throw new FinanceDbError('CONFIG', `the reports cannot read ${displayName(table)}: it ${shape.why}`, {
    remedy: 'see docs/reports.md for the columns; `finance-db query` reads any table',
    details: { table: displayName(table) },
  });
}

function commonSpan(period: Period, file: Span): Span | null {
  const from = period.from !== null && period.from > file.from ? period.from : file.from;
  const to = period.to !== null && period.to < file.to ? period.to : file.to;
  return from <= to ? { from, to } : null;
}
