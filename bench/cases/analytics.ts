import path from 'node:path';
import { openReader } from '../../src/duckdb/reader.ts';
import type { BenchContext } from '../support/case.ts';
import { run, runTool, TOOL } from '../support/child.ts';
import { type CaseResult, type Line, measureInTurn } from '../support/rounds.ts';
import { POSTGRES_SQL } from './analyticsSql.ts';

/** Each report of `stats`: the whole command, its SQL in DuckDB, and the same question in PostgreSQL. */
export async function analyticsCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  const reader = await openReader(path.join(rig.folder, 'home', 'finance.duckdb'));
  const lines: Line[] = [];
  try {
    for (const report of await reportNames(context)) {
      const { stdout: sql } = await run(rig, [TOOL, 'stats', report, '--sql'], { measure: false });
      const question = POSTGRES_SQL[report];
      const measured = await measureInTurn(
        [
          { name: `stats ${report}`, measure: () => runTool(rig, ['stats', report, '--quiet']) },
          {
            name: `  its SQL in DuckDB`,
            measure: () => timed(() => reader.connection.run(sql)),
          },
          {
            name: `  the same in PostgreSQL`,
            measure: async () => (question === undefined ? 'no equal there' : timed(() => rig.session.query(question))),
          },
        ],
        rounds,
      );
      lines.push(...measured.map((line) => ({ ...line, note: line.note.slice(0, 40) })));
    }
  } finally {
    reader.close();
  }
  const title = `Reports over ${rows.toLocaleString('en-US')} rows`;
  return [{ name: 'analytics', title, against: lines[0]?.name ?? '', lines }];
}

/** The reports that `stats` knows; its own error lists them. */
async function reportNames({ rig }: BenchContext): Promise<string[]> {
  const { REPORTS } = (await import('../../src/analytics/reports.ts')) as { REPORTS: Record<string, unknown> };
  const names = Object.keys(REPORTS);
  const usable = [];
  for (const name of names) {
    const { code } = await run(rig, [TOOL, 'stats', name, '--sql'], { measure: false });
    if (code === 0) usable.push(name);
  }
  return usable;
}

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number }> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}
