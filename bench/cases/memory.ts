import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { changeTransactions } from '../support/data.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'full load';
const QUERY_ROWS = 10_000_000;

/** Peak resident memory at a million rows and at --rows, and of a query of ten million rows into a file. */
export async function memoryCase(context: BenchContext): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const rows of [...new Set([1_000_000, context.rows])].sort((a, b) => a - b))
    results.push(await memoryAt(context, rows));
  return results;
}

async function memoryAt(context: BenchContext, rows: number): Promise<CaseResult> {
  const { rig } = context;
  await context.fill(rows);
  context.spoil();
  const out = path.join(rig.folder, 'out.csv');
  const times = Math.ceil(QUERY_ROWS / rows);
  const query = `SELECT * FROM (FROM transactions LIMIT ${Math.floor(QUERY_ROWS / times)}), range(${times})`;
  let changes = 0;
  const variants: Variant[] = [
    { name: FULL, measure: () => runTool(rig, ['sync', '--full', '--quiet']) },
    {
      name: 'incremental, 0.1 %',
      prepare: async () => {
        await changeTransactions(rig.session, rows, rows / 1000, 1000 + ++changes);
      },
      measure: () => runTool(rig, ['sync', '--quiet']),
    },
    { name: 'validate', measure: () => runTool(rig, ['validate', '--quiet']) },
    {
      name: `query of ${QUERY_ROWS / 1e6} million rows -o out.csv`,
      measure: async () => {
        const { seconds, peak, cpu, serverCpu } = await runTool(rig, ['query', query, '-o', out]);
        const { size } = fs.statSync(out);
        fs.rmSync(out);
        return { seconds, peak, cpu, serverCpu, note: `file ${Math.round(size / 1e6)} MB` };
      },
    },
  ];
  const lines = (await measureInTurn(variants, 1)).map((line) => ({ ...line, note: line.note.slice(0, 40) }));
  return { name: `memory-${rows}`, title: `Memory, ${rows.toLocaleString('en-US')} rows`, against: FULL, lines };
}
