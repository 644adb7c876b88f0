import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { changeTransactions } from '../support/data.ts';
import type { Rig } from '../support/rig.ts';
import { type CaseResult, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'full load';

/** The proof of equality beside the load, and beside the md5 that servers without the hash functions are asked for. */
export async function validateCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  const variants: Variant[] = [
    { name: FULL, measure: () => fullLoad(rig) },
    { name: 'validate', measure: () => validate(rig) },
    { name: 'validate by md5', measure: () => withoutHashes(rig, () => validate(rig)) },
    { name: 'validate --quick', measure: () => validate(rig, '--quick') },
    { name: 'sync --full --validate', measure: () => fullLoad(rig, '--validate') },
  ];
  const lines = await measureInTurn(variants, rounds);
  return [{ name: 'validate', title: `Validation of ${count(rows)} rows`, against: FULL, lines }];
}

/** The same when much changed since the sync: six of a hundred rows, a fifth of them deleted. */
export async function validateLagCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  const changed = Math.ceil(rows * 0.06);
  const variants: Variant[] = [
    { name: FULL, measure: () => fullLoad(rig) },
    {
      name: 'validate',
      prepare: (round) => changeTransactions(rig.session, rows, changed, round),
      measure: () => validate(rig),
    },
    { name: 'validate by md5', measure: () => withoutHashes(rig, () => validate(rig)) },
  ];
  const lines = await measureInTurn(variants, rounds);
  const title = `Validation of ${count(rows)} rows, ${count(changed)} of them changed since the sync`;
  return [{ name: 'validate-lag', title, against: FULL, lines }];
}

async function fullLoad(rig: Rig, ...flags: string[]): Promise<Measured> {
  return { ...(await runTool(rig, ['sync', '--full', ...flags, '--quiet'])), note: '' };
}

/** Notes the verdict, and what came over the wire. */
async function validate(rig: Rig, ...flags: string[]): Promise<Measured> {
  const outcome = await runTool(rig, ['validate', ...flags, '--json']);
  const { status, bytes_received: received } = JSON.parse(outcome.stdout) as { status: string; bytes_received: number };
  return { ...outcome, note: `${status}, ${Math.round(received / 1000)} kB received` };
}

/** Does something while the server seems to have no function that hashes records. */
async function withoutHashes<T>({ session }: Rig, use: () => Promise<T>): Promise<T> {
  const rename = (from: string, to: string): Promise<unknown> =>
    session.query(`ALTER FUNCTION pg_catalog.${from}(record, bigint) RENAME TO ${to}`);
  await rename('hash_record_extended', 'hash_record_no_more');
  try {
    return await use();
  } finally {
    await rename('hash_record_no_more', 'hash_record_extended');
  }
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
