import path from 'node:path';
import { openReader } from '../../src/duckdb/reader.ts';
import { REPORT_NAMES } from '../../src/model/reportNames.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';
import { CORE_SQL } from './analyticsSql.ts';

/** Each report of `stats`: the whole command, and the core of its question as the same SQL in DuckDB and in PostgreSQL. */
export async function analyticsCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  const reader = await openReader(path.join(rig.folder, 'home', 'finance.duckdb'));
  const results: CaseResult[] = [];
  try {
    for (const report of REPORT_NAMES) {
      const sql = CORE_SQL[report];
      const variants: Variant[] = [
        { name: `stats ${report}`, measure: () => runTool(rig, ['stats', report, '--quiet']) },
      ];
      if (sql !== undefined)
        variants.push(
          { name: 'core in DuckDB', measure: () => timed(() => reader.connection.runAndReadAll(sql)) },
          { name: 'core in PostgreSQL', measure: () => timed(() => rig.session.query(sql)) },
        );
      const title = `stats ${report}, ${rows.toLocaleString('en-US')} rows`;
      const lines = (await measureInTurn(variants, rounds)).map((line) => ({ ...line, note: '' }));
      const against = sql === undefined ? `stats ${report}` : 'core in PostgreSQL';
      results.push({ name: `analytics-${report}`, title, against, lines });
    }
  } finally {
    reader.close();
  }
  return results;
}

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number }> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}
