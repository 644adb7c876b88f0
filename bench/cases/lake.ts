import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'sync --full';

/** The lake beside the DuckDB file: a first publication, one changed month, nothing changed, the proof, and a report. */
export async function lakeCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  const place = path.join(rig.folder, 'lake');
  process.env.FINANCE_DB_LAKE = place;
  const tool = (name: string, args: readonly string[], prepare?: () => Promise<void>): Variant => ({
    name,
    ...(prepare === undefined ? {} : { prepare }),
    measure: () => runTool(rig, [...args, '--quiet']),
  });
  const publish = ['lake', '--no-sync'];
  const leaves = path.join(rig.folder, 'leaves');
  const withoutFile = ['lake', '--without-file', '--to', leaves];
  const changeMonth = async (): Promise<void> => {
    await rig.session.query(
      `UPDATE transactions SET city = city || '.' WHERE tx_id = (SELECT max(tx_id) FROM transactions)`,
    );
    await runTool(rig, ['sync', '--quiet']);
  };
  const variants = [
    tool(FULL, ['sync', '--full']),
    tool('lake, first', publish, async () => fs.rmSync(place, { recursive: true, force: true })),
    tool('lake, a month changed', publish, changeMonth),
    tool('lake, nothing changed', publish),
    tool('lake --verify', ['lake', '--verify']),
    tool('lake --without-file, first', withoutFile, async () => fs.rmSync(leaves, { recursive: true, force: true })),
    tool('lake --without-file, nothing changed', withoutFile),
    tool('stats cashflow', ['stats', 'cashflow']),
    tool('stats cashflow --lake', ['stats', 'cashflow', '--lake']),
    tool('stats categories', ['stats', 'categories']),
    tool('stats categories --lake', ['stats', 'categories', '--lake']),
  ];
  const lines = await measureInTurn(variants, rounds);
  context.spoil();
  const sizes = [path.join(rig.folder, 'home', 'finance.duckdb'), place].map((file) => bytesOf(file) / 1e6);
  const note = `DuckDB file ${sizes[0]?.toFixed(1)} MB, lake with its history ${sizes[1]?.toFixed(1)} MB`;
  const told = lines.map((line, index) => ({ ...line, note: index === 0 ? note : '' }));
  return [{ name: 'lake', title: `The lake of ${rows.toLocaleString('en-US')} rows`, against: FULL, lines: told }];
}

function bytesOf(place: string): number {
  if (fs.statSync(place).isFile()) return fs.statSync(place).size;
  return fs.readdirSync(place).reduce((sum, name) => sum + bytesOf(path.join(place, name)), 0);
}
