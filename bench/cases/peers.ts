import fs from 'node:fs';
import path from 'node:path';
import { TRANSACTIONS_KEY, TRANSACTIONS_NAMES } from '../../src/model/transactionsTable.ts';
import { lastLine, peerPython } from '../peers/environment.ts';
import { exactness } from '../peers/exactness.ts';
import type { BenchContext } from '../support/case.ts';
import { PACKAGE, runProgram, runTool } from '../support/child.ts';
import { changeTransactions } from '../support/data.ts';
import { type CaseResult, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

/** Loaders with what each needs for an incremental run: a column that grows. The table has one that tells of inserts. */
const LOADERS = [
  { name: "DuckDB's postgres extension", peer: 'extension', set: 'common', incremental: false },
  { name: 'dlt', peer: 'dlt', set: 'common', incremental: true },
  { name: 'ingestr', peer: 'ingestr', set: 'ingestr', incremental: true },
  { name: 'Sling', peer: 'sling', set: 'common', incremental: true },
] as const;
const OURS = 'finance-db';
/** For one run of a peer. */
const PATIENCE_MS = 480_000;

/**
 * Other programs beside ours: a full load, then an incremental run of each after the same changes (0.1 %: updates, inserts and
 * deletes), and the validation. What each leaves is compared with our file, which validate has proven.
 */
export async function peersCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows } = context;
  await context.fill(rows);
  context.spoil();
  const file = (peer: string): string => path.join(rig.exchange, `${peer}.duckdb`);
  const ours = path.join(rig.folder, 'home', 'finance.duckdb');
  const failed = new Set<string>();
  const load = async (loader: (typeof LOADERS)[number], mode: string): Promise<Measured | string> => {
    const outcome = await runPeer(context, loader.set, [loader.peer, mode, file(loader.peer)]);
    if (typeof outcome === 'string') {
      failed.add(loader.peer);
      return outcome;
    }
    return { ...outcome, note: await exactness(ours, file(loader.peer)) };
  };
  const proven = async (...args: string[]): Promise<Measured> => {
    const measured = await runTool(rig, [...args, '--quiet']);
    await runTool(rig, ['validate', '--quiet']);
    return { ...measured, note: 'exact' };
  };
  const full: Variant[] = [
    { name: OURS, measure: () => proven('sync', '--full') },
    ...LOADERS.map((loader) => ({ name: loader.name, measure: () => load(loader, 'full') })),
  ];
  const fullLines = await measureInTurn(full, 1);
  const check: Variant[] = [
    { name: OURS, measure: () => runTool(rig, ['validate', '--quiet']) },
    { name: 'reladiff', measure: () => validate(context, ours) },
  ];
  const checkLines = (await measureInTurn(check, 1)).map((line) =>
    line.name === OURS ? { ...line, note: 'equal' } : line,
  );
  await changeTransactions(rig.session, rows, Math.ceil(rows / 1000), 1);
  const incremental: Variant[] = [
    { name: OURS, measure: () => proven('sync') },
    ...LOADERS.filter(({ incremental: can, peer }) => can && !failed.has(peer)).map((loader) => ({
      name: loader.name,
      measure: () => load(loader, 'incremental'),
    })),
  ];
  const incrementalLines = await measureInTurn(incremental, 1);
  const many = rows.toLocaleString('en-US');
  return [
    { name: 'peers-full', title: `Full load of ${many} rows by others`, against: OURS, lines: fullLines },
    { name: 'peers-validate', title: `Validation of ${many} rows by others`, against: OURS, lines: checkLines },
    {
      name: 'peers-incremental',
      title: `${many} rows after changes to 0.1 % of them`,
      against: OURS,
      lines: incrementalLines,
    },
  ];
}

async function validate(context: BenchContext, file: string): Promise<Measured | string> {
  const columns = TRANSACTIONS_NAMES.filter((name) => name !== TRANSACTIONS_KEY).join(',');
  const outcome = await runPeer(context, 'common', ['reladiff', columns, file]);
  if (typeof outcome === 'string') return outcome;
  return { ...outcome, note: `${outcome.differing} rows called different` };
}

async function runPeer(
  { rig }: BenchContext,
  set: (typeof LOADERS)[number]['set'],
  args: readonly string[],
): Promise<(Measured & { differing: number }) | string> {
  const environment = peerPython(set);
  if ('objection' in environment) return environment.objection;
  // Whatever they keep in a home goes with the rig.
  const home = path.join(rig.folder, 'peer-home');
  fs.mkdirSync(home, { recursive: true });
  const script = path.join(PACKAGE, 'bench', 'peers', 'peer.py');
  const outcome = await runProgram(rig, environment.python, [script, ...args], { HOME: home }, false, PATIENCE_MS);
  if (outcome.code === null) return `was ended after ${Math.round(outcome.seconds)} s`;
  if (outcome.code !== 0) return `failed: ${lastLine(outcome.stderr)}`;
  // These runs are long: what is known is said at once.
  console.error(`${args.slice(0, 2).join(' ').slice(0, 40)}: ${outcome.seconds.toFixed(1)} s`);
  const said = JSON.parse(lastLine(outcome.stdout)) as { cpu: number; peak: number; differing?: number };
  return { ...outcome, cpu: said.cpu, peak: said.peak, differing: said.differing ?? 0 };
}
