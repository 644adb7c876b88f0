import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'full load';

/** The proof of equality beside the load. */
export async function validateCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  const variants: Variant[] = [
    [FULL, 'sync', '--full'],
    ['validate', 'validate'],
    ['validate --quick', 'validate', '--quick'],
    ['sync --full --validate', 'sync', '--full', '--validate'],
  ].map(([name = '', ...args]) => ({ name, measure: () => runTool(rig, [...args, '--quiet']) }));
  const lines = (await measureInTurn(variants, rounds)).map((line) => ({ ...line, note: '' }));
  return [{ name: 'validate', title: `Validation of ${rows.toLocaleString('en-US')} rows`, against: FULL, lines }];
}
