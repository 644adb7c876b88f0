import path from 'node:path';
import { anomaliesReport } from '../../src/analytics/anomalies.ts';
import { balancesReport } from '../../src/analytics/balances.ts';
import { NO_FILTERS } from '../../src/analytics/filters.ts';
import { forecastDaysSql, forecastHitsSql } from '../../src/analytics/forecast.ts';
import type { StatsRequest } from '../../src/analytics/request.ts';
import { prepareRequest } from '../../src/app/stats/statsRequest.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { learnCategories } from '../../src/learn/categories/model.ts';
import { ALL_TIME } from '../../src/model/period.ts';
import type { ReportName } from '../../src/model/reportNames.ts';
import { filedRows, readRecords } from '../../src/postgres/imports/learnt.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, type Line, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

/** Filed rows that the categories are learnt from, and rows without one. */
const FILED = 100_000;
const UNFILED = 2_000;
const TABLE = { schema: 'public', name: 'transactions' };

/** What a line must not exceed, where there is such a bound. */
interface Limit {
  /** Seconds, and seconds of CPU. */
  readonly seconds?: number;
  readonly cpu?: number;
  /** Bytes. */
  readonly peak?: number;
}

interface Limited extends Variant {
  readonly limit?: Limit;
}

/**
 * What learning costs: `categorize` on a hundred thousand filed rows, and the questions of forecast, anomalies and balances to DuckDB beside their
 * whole commands, on the benchmark's rows and on as many rows of sample households. Printed as a table with a verdict, too.
 */
export async function learnCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  const results: CaseResult[] = [];
  const verdicts: string[] = [];
  const measure = async (name: string, title: string, variants: readonly Limited[]): Promise<void> => {
    const lines = await measureInTurn(variants, rounds);
    results.push({
      name,
      title,
      against: variants[0]?.name ?? '',
      lines: lines.map((line) => ({ ...line, note: '' })),
    });
    verdicts.push(...lines.map((line, index) => verdictRow(title, line, variants[index]?.limit)));
  };
  await fillFiled(context);
  await measure('learn-categories', `${grouped(FILED)} filed rows`, [
    { name: 'training alone', measure: () => train(context), limit: { cpu: 5 } },
    {
      name: '`categorize --json`, the command',
      measure: () => runTool(rig, ['categorize', '--json']),
      limit: { peak: 300e6 },
    },
  ]);
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  await measure('learn-benchmark', `${grouped(rows)} rows of the benchmark`, await questions(context));
  context.spoil();
  await runTool(rig, ['init', '--sample', String(rows), '--reset', '--yes']);
  await runTool(rig, ['sync', '--full', '--quiet']);
  await measure('learn-households', `${grouped(rows)} rows of sample households`, await questions(context));
  console.log(
    [
      '| on | what | CPU | time | peak memory | at most | |',
      '| --- | --- | ---: | ---: | ---: | ---: | --- |',
      ...verdicts,
      '',
    ].join('\n'),
  );
  return results;
}

/** As many categories as real purchase cards have, by payees that are mostly filed alike. */
async function fillFiled(context: BenchContext): Promise<void> {
  const { rig } = context;
  await context.fill(FILED + UNFILED);
  context.spoil();
  await rig.session.query(`UPDATE transactions SET merchant = merchant || ' ' || city,
    category = CASE WHEN abs(hashtext(tx_id)) % ${FILED + UNFILED} >= ${UNFILED} THEN 'Category ' || (abs(hashtext(merchant || (abs(hashtext(tx_id)) % 4 = 0))) % 108) END`);
}

/** The rows as `categorize` reads them; only what is made of them is measured, and that in one thread. */
async function train({ rig }: BenchContext): Promise<Measured> {
  await rig.session.query('BEGIN');
  const rows = await filedRows(rig.session, TABLE, await readRecords(rig.session, TABLE), FILED);
  await rig.session.query('COMMIT');
  return timed(async () => learnCategories(rows.map((row) => ({ ...row, category: row.category ?? '' }))));
}

async function timed(work: () => Promise<unknown>): Promise<Measured> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
}

async function questions({ rig }: BenchContext): Promise<Limited[]> {
  const file = path.join(rig.folder, 'home', 'finance.duckdb');
  const ask = async (report: ReportName, sqls: (request: StatsRequest) => readonly string[]): Promise<Measured> => {
    const reader = await openReader(file);
    try {
      const { request } = await prepareRequest(reader, report, {
        table: TABLE,
        calendar: { today: '2030-01-01', monthStart: 1 },
        period: ALL_TIME,
        filters: NO_FILTERS,
        withTransfers: false,
        interval: 'month',
        groupBy: null,
        months: 3,
        backtest: false,
        openings: [],
        depth: 1,
        sort: null,
        limit: null,
      });
      return await timed(async () => {
        for (const sql of sqls(request)) await reader.all(sql);
      });
    } finally {
      reader.close();
    }
  };
  const whole = (report: ReportName): Limited => ({
    name: `\`stats ${report}\`, the command`,
    measure: () => runTool(rig, ['stats', report, '--quiet']),
  });
  return [
    {
      name: 'forecast in DuckDB',
      measure: () => ask('forecast', (request) => [forecastDaysSql(request), forecastHitsSql(request)]),
      limit: { seconds: 2 },
    },
    whole('forecast'),
    {
      name: 'anomalies in DuckDB',
      measure: () => ask('anomalies', (request) => [anomaliesReport(request).sql]),
      limit: { seconds: 2 },
    },
    whole('anomalies'),
    {
      name: 'balances in DuckDB',
      measure: () => ask('balances', (request) => [balancesReport(request).sql]),
      limit: { seconds: 2 },
    },
  ];
}

function verdictRow(on: string, { name, cpu, seconds, peak }: Line, limit: Limit = {}): string {
  const time = (value: number | null): string => (value === null ? '' : `${value.toFixed(2)} s`);
  const megabytes = (value: number | null): string => (value === null ? '' : `${Math.round(value / 1e6)} MB`);
  const bounds = [
    { bound: limit.cpu, measured: cpu, text: `${limit.cpu} s of CPU` },
    { bound: limit.seconds, measured: seconds, text: `${limit.seconds} s` },
    { bound: limit.peak, measured: peak, text: megabytes(limit.peak ?? null) },
  ].filter(({ bound }) => bound !== undefined);
  const kept = bounds.every(({ bound, measured }) => measured !== null && measured <= (bound as number));
  const verdict = bounds.length === 0 ? '' : kept ? 'reached' : 'not reached';
  return `| ${on} | ${name} | ${time(cpu)} | ${time(seconds)} | ${megabytes(peak)} | ${bounds.map(({ text }) => text).join(', ')} | ${verdict} |`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
