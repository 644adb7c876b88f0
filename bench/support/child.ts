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
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
export const TOOL = path.join(PACKAGE, 'bin', 'finance-db.js');
const USAGE = pathToFileURL(path.join(PACKAGE, 'bench', 'support', 'usage.mjs')).href;

/** Runs `node` with `args` and waits for its end. */
export function run(rig: Rig, args: readonly string[], options: { measure?: boolean } = {}): Promise<Outcome> {
  const usageFile = path.join(rig.folder, 'usage');
  const nodeArgs = options.measure === false ? args : ['--import', USAGE, ...args];
  const started = process.hrtime.bigint();
  const child = spawn(process.execPath, nodeArgs, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: rig.folder,
    env: {
      ...process.env,
      DATABASE_URL: rig.url,
      FINANCE_DB_HOME: path.join(rig.folder, 'home'),
      BENCH_USAGE: usageFile,
      BENCH_EXCHANGE: rig.exchange,
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
      const peak = options.measure === false ? 0 : Number(fs.readFileSync(usageFile, 'utf8'));
      resolve({ seconds, peak, code, stdout, stderr });
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
