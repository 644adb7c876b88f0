import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Rig } from './rig.ts';

/** How a child process went. */
export interface Outcome {
  readonly seconds: number;
  /** Peak resident memory, in bytes. */
  readonly peak: number;
  /** Seconds of CPU of the process itself. */
  readonly cpu: number;
  /** Seconds of CPU of the server meanwhile; null where nobody tells. */
  readonly serverCpu: number | null;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
export const TOOL = path.join(PACKAGE, 'bin', 'finance-db.js');
const USAGE = pathToFileURL(path.join(PACKAGE, 'bench', 'support', 'usage.mjs')).href;

/** Runs `node` with `args` and waits for its end. */
export function run(rig: Rig, args: readonly string[], options: { measure?: boolean } = {}): Promise<Outcome> {
  const nodeArgs = options.measure === false ? args : ['--import', USAGE, ...args];
  return runProgram(rig, process.execPath, nodeArgs, {}, options.measure !== false);
}

/**
 * Runs any program and waits for its end.
 * @param measured whether it writes BENCH_USAGE itself; its peak and CPU are 0 otherwise
 * @param timeoutMs after which it is killed, and its code is null
 */
export function runProgram(
  rig: Rig,
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  measured = false,
  timeoutMs?: number,
): Promise<Outcome> {
  const usageFile = path.join(rig.folder, 'usage');
  const before = rig.serverCpu();
  const started = process.hrtime.bigint();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: rig.folder,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
    env: {
      ...process.env,
      DATABASE_URL: rig.url,
      FINANCE_DB_HOME: path.join(rig.folder, 'home'),
      BENCH_USAGE: usageFile,
      BENCH_EXCHANGE: rig.exchange,
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const usage = measured ? fs.readFileSync(usageFile, 'utf8') : '0 0';
      const [peak = 0, cpu = 0] = usage.split(' ').map(Number);
      const after = rig.serverCpu();
      const serverCpu = before === null || after === null ? null : after - before;
      resolve({ seconds, peak, cpu, serverCpu, code, stdout, stderr });
    });
  });
}

/** As `run`, of the built tool; a failure ends the benchmark. */
export async function runTool(
  rig: Rig,
  args: readonly string[],
  options: { measure?: boolean } = {},
): Promise<Outcome> {
  return succeed(await run(rig, [TOOL, ...args], options), args);
}

/** One of the programs in bench/variants. */
export async function runVariant(rig: Rig, name: string): Promise<Outcome> {
  return succeed(await run(rig, [path.join(PACKAGE, 'bench', 'variants', name)]), [name]);
}

function succeed(outcome: Outcome, args: readonly string[]): Outcome {
  if (outcome.code === 0) return outcome;
  throw new Error(`${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}`);
}
