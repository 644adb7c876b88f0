import type { ReportCell, ReportColumn, ReportRow } from '../../analytics/columns.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { jsonNumeral } from '../json.ts';
import { sampleDocument } from '../sampleText.ts';
import { balancesDocument } from './balances.ts';
import { forecastDocument } from './forecast.ts';

/** The document of `stats --json`: money and counts are exact numerals. */
export function statsDocument(result: StatsResult): Record<string, unknown> {
  const { request, scope, table, sections, age } = result;
  return {
    report: result.report,
    base_currency: result.baseCurrency.currency,
    ...(result.baseCurrency.doubt === null ? {} : { base_currency_doubt: result.baseCurrency.doubt }),
    period: { from: request.period.from, to: request.period.to, label: request.period.label },
    covered: request.span,
    ...(result.report === 'categories' || result.report === 'cashflow' ? { interval: request.interval } : {}),
    filters: filtersOf(result),
    ...(result.unknownNames.length === 0
      ? {}
      : {
          unknown: result.unknownNames.map(({ filter: { flag, name }, meant }) => ({
            filter: flag.slice(2),
            name,
            meant,
          })),
        }),
    rows: rowsOf(table),
    ...(table.total === null ? {} : { total: totalOf(table.columns, table.total) }),
    row_count: table.rowCount,
    ...(sections === null
      ? {}
      : {
          categories: rowsOf(sections.categories),
          merchants: rowsOf(sections.merchants),
          recurring: rowsOf(sections.recurring),
          recurring_per_year: perYear(sections.recurring),
        }),
    ...(result.report === 'recurring' ? { per_year: perYear(table) } : {}),
    ...(result.monthEnd === null ? {} : { month_end: monthEndDocument(result.monthEnd) }),
    ...(result.forecast === null ? {} : { forecast: forecastDocument(result.forecast) }),
    ...(result.balances === null ? {} : { balances: balancesDocument(result.balances) }),
    scope: {
      transactions: jsonNumeral(scope.rows),
      accounts: jsonNumeral(scope.accounts),
      first: scope.first,
      last: scope.last,
      not_normalized: jsonNumeral(scope.not_normalized),
      transfer_rows_left_out: result.transferRows,
      ...(result.timeZone === null ? {} : { time_zone: result.timeZone }),
      ...apartOf(result),
    },
    data: {
      sample: age.sample || age.sampleTables.length > 0,
      sample_tables: age.sampleTables.map(sampleDocument),
      synced_at: age.syncedAt,
      checked_at: age.checkedAt,
    },
  };
}

/** Estimates, rounded to cents. */
function monthEndDocument({ month, name: _, ...sums }: ReportRow): Record<string, unknown> {
  const money = ([key, value]: [string, ReportCell]): [string, unknown] => [
    key,
    value === null ? null : jsonNumeral(String(value)),
  ];
  return { month, ...Object.fromEntries(Object.entries(sums).map(money)) };
}

/** What is left out for its day, only where there is any. */
function apartOf({ apart }: StatsResult): Record<string, unknown> {
  if (apart === null) return {};
  return {
    ...(apart.future === '0'
      ? {}
      : {
          future: {
            transactions: jsonNumeral(apart.future),
            amount: jsonNumeral(apart.future_amount),
            first: apart.future_first,
            last: apart.future_last,
          },
        }),
    ...(apart.undated === '0'
      ? {}
      : { undated: { transactions: jsonNumeral(apart.undated), amount: jsonNumeral(apart.undated_amount) } }),
  };
}

/** Rows with their values as JSON has them. */
export function rowsOf({ columns, rows }: ReportTable): Record<string, unknown>[] {
  return rows.map((row) => rowOf(columns, row));
}

function rowOf(columns: readonly ReportColumn[], row: ReportRow): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column.key, jsonOf(column, row[column.key] ?? null)]));
}

function jsonOf({ kind }: ReportColumn, value: ReportCell): unknown {
  if (value === null) return kind === 'series' ? [] : null;
  if (kind === 'money' || kind === 'amount' || kind === 'count') return jsonNumeral(String(value));
  if (kind === 'series' && typeof value === 'object')
    return value.map(({ period, amount }) => ({ period, amount: jsonNumeral(amount) }));
  return value;
}

/** Only what can be added up. */
function totalOf(columns: readonly ReportColumn[], total: ReportRow): Record<string, unknown> {
  return rowOf(
    columns.filter(({ key }) => (total[key] ?? null) !== null),
    total,
  );
}

/** What is still going, per year. */
function perYear({ total }: ReportTable): Record<string, unknown> {
  const numeral = (key: string) => jsonNumeral(String(total?.[key] ?? '0'));
  return { going: numeral('going'), out: numeral('out_per_year'), in: numeral('in_per_year') };
}

/** Only the filters that were given. */
function filtersOf({ request }: StatsResult): Record<string, unknown> {
  const { accounts, categories, flow, ...single } = request.filters;
  return {
    ...(accounts.length === 0 ? {} : { account: accounts }),
    ...(categories.length === 0 ? {} : { category: categories }),
    ...Object.fromEntries(Object.entries(single).filter(([, value]) => value !== null)),
    ...(flow === null ? {} : { flow }),
    with_transfers: request.withTransfers,
  };
}
