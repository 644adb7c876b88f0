import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from '../support/case.ts';
import { runTool, runVariant } from '../support/child.ts';
import type { CaseResult, Measured, Variant } from '../support/rounds.ts';
import { measureInTurn } from '../support/rounds.ts';

const SHELL = '(a) COPY to CSV, then read_csv';

/** Our full load beside other ways to get the same table. */
export async function fullLoadCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  const variants: Variant[] = [
    { name: 'finance-db sync --full', measure: () => ours(context) },
    { name: SHELL, measure: () => other(context, 'shellWay.mjs') },
    // It takes many times as long as all others together.
    { name: '(b) cursor batches, appender', measure: () => other(context, 'cursorAppender.mjs'), rounds: 1 },
    { name: "(c) DuckDB's postgres extension", measure: () => other(context, 'extension.mjs') },
    {
      name: 'floor: COPY to nowhere',
      measure: async () => {
        const started = performance.now();
        await rig.session.query("COPY transactions TO '/dev/null'");
        return { seconds: (performance.now() - started) / 1000 };
      },
    },
  ];
  const lines = await measureInTurn(variants, rounds);
  return [{ name: 'full-load', title: `Full load, ${rows.toLocaleString('en-US')} rows`, against: SHELL, lines }];
}

async function ours({ rig }: BenchContext): Promise<Measured> {
  const { seconds, peak, cpu, serverCpu } = await runTool(rig, ['sync', '--full', '--quiet']);
  const { size } = fs.statSync(path.join(rig.folder, 'home', 'finance.duckdb'));
  return { seconds, peak, cpu, serverCpu, note: `file ${Math.round(size / 1e6)} MB` };
}

async function other({ rig }: BenchContext, name: string): Promise<Measured | string> {
  const { seconds, peak, cpu, serverCpu, stdout } = await runVariant(rig, name);
  const said = stdout.trim();
  return /^\d+$/.test(said)
    ? { seconds, peak, cpu, serverCpu, note: `file ${Math.round(Number(said) / 1e6)} MB` }
    : said;
}
