import { LEDGER_COLUMNS, type LedgerSource, type Span, type StatsRequest } from '../../analytics/request.ts';
import { type TableSpan, tableSpanSql } from '../../analytics/scope.ts';
import { type CategoryUse, readVocabulary, vocabularySql } from '../../analytics/vocabulary.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { Period } from '../../model/period.ts';
import { displayName, duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';

/** What a user asked for, validated, before the file was looked at. */
export type StatsInput = Omit<StatsRequest, 'source' | 'vocabulary' | 'span' | 'file'> & { readonly table: TableName };

/** Adds what the file itself tells: its columns, what its categories mean and which days it covers. */
export async function prepareRequest(reader: DuckDbReader, input: StatsInput): Promise<StatsRequest> {
  const { table, ...rest } = input;
  const source = await readSource(reader, table);
  const vocabulary = readVocabulary(await reader.all<CategoryUse>(vocabularySql(source.table)));
  const [days] = await reader.all<TableSpan>(tableSpanSql(source.table));
  const file = days?.first && days.last ? { from: days.first, to: days.last } : null;
  return { ...rest, source, vocabulary, file, span: file === null ? null : commonSpan(input.period, file) };
}

async function readSource(reader: DuckDbReader, table: TableName): Promise<LedgerSource> {
  const columns = await reader.all<{ column_name: string; data_type: string }>(
    `SELECT column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = $schema AND table_name = $name`,
    { schema: duckdbSchema(table), name: table.name },
  );
  if (columns.length === 0)
    throw new FinanceDbError('CONFIG', `the DuckDB file has no table ${displayName(table)}, which the reports read`, {
      remedy: 'sync a table of that name; `finance-db query` reads any other',
      details: { table: displayName(table) },
    });
  const missing = LEDGER_COLUMNS.filter((name) => !columns.some(({ column_name }) => column_name === name));
  const money = columns.find(({ column_name }) => column_name === 'normalized_amount')?.data_type ?? '';
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(money)?.[1] ?? (/INT/.test(money) ? '0' : undefined);
  if (missing.length > 0 || scale === undefined)
    throw new FinanceDbError(
      'CONFIG',
      missing.length > 0
        ? `the table ${displayName(table)} has no column ${missing.join(', ')}, which the reports read`
        : `normalized_amount of ${displayName(table)} is ${money}, and reports add up decimals only`,
      { remedy: 'see docs/reports.md for the columns; `finance-db query` reads any table', details: { missing } },
    );
  return { table: duckdbTable(table), scale: Number(scale) };
}

function commonSpan(period: Period, file: Span): Span | null {
  const from = period.from !== null && period.from > file.from ? period.from : file.from;
  const to = period.to !== null && period.to < file.to ? period.to : file.to;
  return from <= to ? { from, to } : null;
}
