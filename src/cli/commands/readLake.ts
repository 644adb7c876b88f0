import type { CommandContext } from '../context.ts';

/**
 * Runs a reading command on the lake instead of the DuckDB file. Not among the other ways of `lake`, which bring PostgreSQL's driver
 * and whatever else publishes: a report needs none of it.
 */
export async function readLake(
  context: CommandContext,
  how: 'reports' | 'queries',
  run: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { config, env, io } = context;
  const { overLake } = await import('../../app/lake/overLake.ts');
  const given = { config, place: config.lake ?? null, env, signal: io.signal };
  return overLake(given, how, (changed) => run({ ...context, config: changed }));
}
