import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { changeTransactions } from '../support/data.ts';
import { type CaseResult, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'full load';

/** Incremental syncs after changes of several sizes, each with updates, inserts and deletes, beside a full load. */
export async function incrementalCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  await runTool(rig, ['sync', '--quiet']);
  let changes = 0;
  const sync = async (...args: string[]): Promise<Measured & { note: string }> => {
    const { seconds, peak, cpu, serverCpu, stdout } = await runTool(rig, ['sync', '--json', ...args]);
    const [table] = (JSON.parse(stdout) as { tables: { mode: string; upserted: number; deleted: number }[] }).tables;
    const note = table === undefined ? '' : `${table.mode}: ${table.upserted} put, ${table.deleted} deleted`;
    return { seconds, peak, cpu, serverCpu, note };
  };
  const changed = (name: string, count: number): Variant => ({
    name,
    prepare: async () => {
      await changeTransactions(rig.session, rows, count, ++changes);
      // What the server does by itself when a session ends, or was idle for some seconds.
      await rig.session.query('SELECT pg_stat_force_next_flush()');
    },
    measure: () => sync(),
  });
  const variants: Variant[] = [
    { name: FULL, measure: () => sync('--full') },
    { name: 'no transaction since', measure: () => sync() },
    {
      name: 'a transaction elsewhere',
      prepare: async () => {
        await rig.session.query('CREATE TABLE IF NOT EXISTS elsewhere (n int); INSERT INTO elsewhere VALUES (1)');
      },
      measure: () => sync(),
    },
    changed('100 rows', 100),
    changed('0.1 %', Math.round(rows / 1000)),
    changed('5 %', Math.round(rows / 20)),
  ];
  const lines = await measureInTurn(variants, rounds);
  return [
    { name: 'incremental', title: `Sync of ${rows.toLocaleString('en-US')} rows after changes`, against: FULL, lines },
  ];
}
