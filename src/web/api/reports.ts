import { Type } from '@sinclair/typebox';
import { runStats, statsSql } from '../../app/stats/stats.ts';
import { parseReport, requireOwnFlags } from '../../app/stats/statsFlags.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { REPORT_NAMES, type ReportName } from '../../model/reportNames.ts';
import { sampleNotice } from '../../render/dataAgeText.ts';
import { statsDocument } from '../../render/stats/json.ts';
import { separatedText } from '../../render/stats/separated.ts';
import { intervalsOf } from '../../render/stats/text.ts';
import {
  type ApiCall,
  type ApiRoute,
  currencySetting,
  inputOf,
  jsonAnswer,
  SNAPSHOT_HEADER,
  withLease,
} from './call.ts';
import { attachment, parquetAnswer } from './files.ts';
import { oneOf, optional } from './params.ts';
import { NUMBERS_PARAM } from './schemas.ts';
import { FILTER_PARAMS, flagsOf, REPORT_PARAMS } from './statsParams.ts';
import { tableSql } from './tableSql.ts';

const NAME = Type.Object({ name: oneOf(REPORT_NAMES, 'the report, as `stats` calls it') });
const PARAMS = optional({ ...FILTER_PARAMS, ...REPORT_PARAMS });
const WITH_NUMBERS = optional({ ...FILTER_PARAMS, ...REPORT_PARAMS, ...NUMBERS_PARAM });
const DOCUMENT = Type.Object({
  report: Type.String(),
  base_currency: Type.String(),
  rows: Type.Array(Type.Object({}, { additionalProperties: true })),
});

/** Every report of `stats`, by the same functions. */
export const REPORT_ROUTES: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/reports/{name}.csv',
    summary: 'The rows of a report as CSV',
    params: NAME,
    query: PARAMS,
    answer: { status: 200, type: 'text/csv', about: 'the rows, without the total' },
    stable: true,
    handle: reportCsv,
  },
  {
    method: 'get',
    path: '/reports/{name}.parquet',
    summary: 'The rows of a report as Parquet',
    params: NAME,
    query: PARAMS,
    answer: { status: 200, type: 'application/vnd.apache.parquet', about: 'the rows, with their types' },
    stable: true,
    handle: reportParquet,
  },
  {
    method: 'get',
    path: '/reports/{name}.sql',
    summary: 'The SQL of a report',
    params: NAME,
    query: PARAMS,
    answer: { status: 200, type: 'application/sql', about: 'statements that run as they are' },
    stable: true,
    handle: reportSql,
  },
  {
    method: 'get',
    path: '/reports/{name}',
    summary: 'A report, as `stats --json` prints it',
    params: NAME,
    query: WITH_NUMBERS,
    answer: { status: 200, type: 'application/json', schema: DOCUMENT, about: 'the report' },
    stable: true,
    handle: reportJson,
  },
];

function asked(call: ApiCall): { report: ReportName; input: ReturnType<typeof inputOf> } {
  const report = reportOf(call.params['name'] ?? '');
  const flags = flagsOf(call.query);
  requireOwnFlags(report, flags);
  return { report, input: inputOf(call, flags) };
}

/** @throws FinanceDbError WEB_NOT_FOUND: the name is part of the path */
function reportOf(name: string): ReportName {
  try {
    return parseReport(name);
  } catch (error) {
    const { message, remedy, details } = error as FinanceDbError;
    throw new FinanceDbError('WEB_NOT_FOUND', message, { remedy, details });
  }
}

function reportJson(call: ApiCall): Promise<Response> {
  const { report, input } = asked(call);
  return withLease(call, async ({ reader, snapshot }) =>
    jsonAnswer(call, statsDocument(await runStats(reader, report, input, currencySetting(call))), snapshot),
  );
}

function reportCsv(call: ApiCall): Promise<Response> {
  const { report, input } = asked(call);
  return withLease(call, async ({ reader, snapshot }) => {
    const result = await runStats(reader, report, input, currencySetting(call));
    const text = separatedText(result.table, 'csv', intervalsOf(result), sampleNotice(result.age) !== null);
    return new Response(text, {
      headers: { ...attachment(`${report}.csv`, 'text/csv; charset=utf-8'), [SNAPSHOT_HEADER]: snapshot.id },
    });
  });
}

function reportSql(call: ApiCall): Promise<Response> {
  const { report, input } = asked(call);
  return withLease(call, async ({ reader, snapshot }) => {
    const headers = { 'Content-Type': 'application/sql; charset=utf-8', [SNAPSHOT_HEADER]: snapshot.id };
    return new Response(await statsSql(reader, report, input), { headers });
  });
}

function reportParquet(call: ApiCall): Promise<Response> {
  const { report, input } = asked(call);
  return parquetAnswer(call, `${report}.parquet`, async (reader) => {
    // Its SQL gives the months that a forecast is made from.
    if (report === 'forecast') return tableSql((await runStats(reader, report, input, currencySetting(call))).table);
    const [sql = ''] = (await statsSql(reader, report, input)).split(/;\n(?:\n|$)/);
    if (!sql.includes('is_total')) return sql;
    // Programs add up rows themselves.
    return `SELECT COLUMNS(name -> name NOT IN ('is_total', 'row_count')) FROM (${sql}\n) WHERE NOT is_total`;
  });
}
