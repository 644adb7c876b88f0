import { PassThrough, Readable } from 'node:stream';
import type { StatsFlags } from '../../src/app/stats/statsFlags.ts';
import { statsCommand } from '../../src/cli/commands/stats.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { loadConfig } from '../../src/config/config.ts';

export interface StatsRun {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `stats` against a file as on a terminal of `columns`, or as piped; today is 2026-11-22 unless env says otherwise. */
export async function runStatsCommand(
  file: string,
  report: string | undefined,
  flags: StatsFlags & { readonly json?: boolean; readonly ascii?: boolean } = {},
  options: { readonly columns?: number; readonly env?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<StatsRun> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const collect = (chunks: Buffer[]): PassThrough =>
    new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const env = { FINANCE_DB_TODAY: '2026-11-22', HOME: '/nonexistent', ...options.env };
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
  const context: CommandContext = {
    io: {
      stdin: Readable.from([]),
      stdout: Object.assign(collect(out), terminal),
      stderr: Object.assign(collect(err), terminal),
      signal: options.signal ?? new AbortController().signal,
      cwd: '/',
      now: () => new Date('2026-11-22T12:00:00Z'),
    },
    config: loadConfig({ duckdb: file }, env, '/'),
    output: {
      json: flags.json === true,
      quiet: false,
      verbose: false,
      color: false,
      ascii: flags.ascii === true,
      dumb: false,
    },
    env,
  };
  await statsCommand(context, report, flags);
  return { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
