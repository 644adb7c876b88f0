import fs from 'node:fs';
import path from 'node:path';
import { REPORT_NAMES } from '../../src/model/reportNames.ts';
import type { VerdictTable } from '../serve/verdicts.ts';
import { aimsTable, atMost } from '../support/aims.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { fillTransactions } from '../support/data.ts';
import { type CaseResult, type Line, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'sync --full';
const FIRST = 'lake, first';
const MONTH = 'lake, a month changed';
const LEAVES = 'lake --without-file, first';
const MONTHS = 72;
/** Beyond, the case `lake-memory` alone looks at `--without-file`: there it takes minutes. */
const LEAVES_MOST_ROWS = 2_000_000;
/** 2022 to 2027. */
const SPAN_SECONDS = 189_302_400;
/** Start-up is most of what a report takes: the aims are for the sum of all. */
const REPORTS_ROUNDS = 3;

/**
 * The lake of 72 months beside the DuckDB file: a first publication, one changed month, nothing changed, the proof, without a file, and
 * every report through both.
 */
export async function lakeCase(context: BenchContext): Promise<(CaseResult | VerdictTable)[]> {
  const { rig, rows, rounds } = context;
  await fillMonths(context);
  const place = path.join(rig.folder, 'lake');
  const leaves = path.join(rig.folder, 'leaves');
  process.env.FINANCE_DB_LAKE = place;
  const tool = (name: string, args: readonly string[], prepare?: () => Promise<void>): Variant => ({
    name,
    ...(prepare === undefined ? {} : { prepare }),
    measure: () => runTool(rig, [...args, '--quiet']),
  });
  const publish = ['lake', '--no-sync'];
  const withoutFile = ['lake', '--without-file', '--to', leaves];
  const changeMonth = async (): Promise<void> => {
    await rig.session.query(
      `UPDATE transactions SET city = city || '.' WHERE tx_id = (SELECT max(tx_id) FROM transactions)`,
    );
    await runTool(rig, ['sync', '--quiet']);
  };
  const lines = await measureInTurn(
    [
      tool(FULL, ['sync', '--full']),
      tool(FIRST, publish, async () => fs.rmSync(place, { recursive: true, force: true })),
      tool(MONTH, publish, changeMonth),
      tool('lake, nothing changed', publish),
      { ...tool('lake --verify', ['lake', '--verify']), rounds: 1 },
      ...(rows > LEAVES_MOST_ROWS
        ? []
        : [
            {
              ...tool(LEAVES, withoutFile, async () => fs.rmSync(leaves, { recursive: true, force: true })),
              rounds: 1,
            },
            { ...tool('lake --without-file, nothing changed', withoutFile), rounds: 1 },
          ]),
    ],
    rounds,
  );
  const sizes = [path.join(rig.folder, 'home', 'finance.duckdb'), newestFiles(place)].map(bytesOf);
  const reports = await measureInTurn(
    REPORT_NAMES.flatMap((report) => [
      tool(`stats ${report}`, ['stats', report]),
      tool(`stats ${report} --lake`, ['stats', report, '--lake']),
    ]),
    Math.min(rounds, REPORTS_ROUNDS),
  );
  const [file = 0, lake = 0] = sizes;
  const note = `DuckDB file ${(file / 1e6).toFixed(1)} MB, data files of the lake ${(lake / 1e6).toFixed(1)} MB`;
  const title = `The lake of ${rows.toLocaleString('en-US')} rows in ${MONTHS} months`;
  const all = [...lines, ...reports];
  const aims = aimsTable('lake', title, [
    atMost(`first publication, on top of a full sync (${FULL} = 1)`, ratio(lines, FIRST, FULL), 0.6),
    atMost('the same, CPU of all processes', cpuRatio(lines, FIRST, FULL), 0.6),
    atMost(`one changed month of ${MONTHS}`, ratio(lines, MONTH, FULL), 0.05),
    atMost('the same, CPU of all processes', cpuRatio(lines, MONTH, FULL), 0.05),
    ...REPORT_NAMES.map((report) =>
      atMost(
        `\`stats ${report} --lake\`, to the file's time`,
        ratio(all, `stats ${report} --lake`, `stats ${report}`),
        2,
      ),
    ),
    ["the lake's data files, to the DuckDB file", '', (lake / file).toFixed(2), ''],
    ...lines
      .filter(({ name }) => name === LEAVES)
      .map(({ peak }) => atMost(`peak memory of \`${LEAVES}\`, MB`, (peak ?? 0) / 1e6, 700, 0)),
  ]);
  const told = all.map((line, index) => ({ ...line, note: index === 0 ? note : line.note }));
  return [{ name: 'lake', title, against: FULL, lines: told }, aims];
}

/** Peak memory of a first publication without a file: of one table that is one leaf, the worst case. */
export async function lakeMemoryCase(context: BenchContext): Promise<(CaseResult | VerdictTable)[]> {
  const { rig, rows } = context;
  await fillMonths(context);
  const name = 'lake --without-file, first';
  const place = path.join(rig.folder, 'memory-lake');
  const args = ['lake', '--without-file', '--to', place, '--quiet'];
  const lines = await measureInTurn([{ name, measure: () => runTool(rig, args) }], 1);
  const megabytes = (lines[0]?.peak ?? 0) / 1e6;
  const title = `Memory of the lake, ${rows.toLocaleString('en-US')} rows`;
  const what = `peak memory of \`lake --without-file\` at ${rows.toLocaleString('en-US')} rows, MB`;
  return [
    { name: 'lake-memory', title, against: name, lines },
    aimsTable('lake-memory', title, [atMost(what, megabytes, 700, 0)]),
  ];
}

/** No row is looked for but by its key: other indexes would take as long as the rows. */
async function fillMonths({ rig, rows, spoil }: BenchContext): Promise<void> {
  spoil();
  await fillTransactions(rig.session, rows, { secondsARow: SPAN_SECONDS / (rows + 1), bare: true });
}

function ratio(lines: readonly Line[], name: string, against: string): number {
  const seconds = (wanted: string): number => lines.find((line) => line.name === wanted)?.seconds ?? Number.NaN;
  return seconds(name) / seconds(against);
}

/** Of the tool and the server together: what else the machine did does not matter. */
function cpuRatio(lines: readonly Line[], name: string, against: string): number {
  const cpu = (wanted: string): number => {
    const line = lines.find((one) => one.name === wanted);
    return (line?.cpu ?? Number.NaN) + (line?.serverCpu ?? 0);
  };
  return cpu(name) / cpu(against);
}

/** The folder of the data files: after a first publication and changes of some rows, history is small beside it. */
function newestFiles(place: string): string {
  return path.join(place, 'public', 'transactions', 'data');
}

function bytesOf(place: string): number {
  if (fs.statSync(place).isFile()) return fs.statSync(place).size;
  return fs.readdirSync(place).reduce((sum, name) => sum + bytesOf(path.join(place, name)), 0);
}
