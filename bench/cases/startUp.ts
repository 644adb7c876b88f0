import type { BenchContext } from '../support/case.ts';
import { run, runTool, TOOL } from '../support/child.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';

const BARE = 'node -e 0';
const ROWS = 100_000;
/** Starts are short and noisy, so there are more of them. */
const LEAST_ROUNDS = 21;

/** What it costs to begin. */
export async function startUpCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig } = context;
  await context.fill(ROWS);
  await runTool(rig, ['sync', '--quiet']);
  const aggregate = 'SELECT category, sum(normalized_amount) FROM transactions GROUP BY ALL';
  const start = (name: string, args: string[]): Variant => ({
    name,
    measure: async () => {
      const { seconds, code, stderr } = await run(rig, args, { measure: false });
      if (code !== 0) throw new Error(`${name}: ${stderr}`);
      return { seconds };
    },
  });
  const variants = [
    start(BARE, ['-e', '0']),
    start('--help', [TOOL, '--help']),
    start('query "select 1"', [TOOL, 'query', 'select 1']),
    start('query of an aggregate', [TOOL, 'query', aggregate]),
    start('stats', [TOOL, 'stats']),
    start('status', [TOOL, 'status']),
    start('sync with nothing to do', [TOOL, 'sync']),
  ];
  // Once for what the first start keeps for the later ones.
  await measureInTurn(variants, 1);
  const lines = await measureInTurn(variants, Math.max(LEAST_ROUNDS, context.rounds));
  return [{ name: 'start-up', title: 'Start-up (PostgreSQL on a socket)', against: BARE, lines }];
}
