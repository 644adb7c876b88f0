import fs from 'node:fs';
import type { VerdictTable } from '../serve/verdicts.ts';
import { aimsTable, atMost } from '../support/aims.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { fillTransactions } from '../support/data.ts';
import {
  changeRows,
  divide,
  isOf,
  type Layout,
  LEAVES,
  rowsAnywhere,
  rowsOfNewestMonth,
  touchEach,
} from '../support/leaves.ts';
import type { Rig } from '../support/rig.ts';
import { type CaseResult, type Line, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

interface Scan {
  readonly mode: string;
  readonly upserted: number;
  readonly deleted: number;
  readonly scan: {
    readonly parts: number;
    readonly read: number;
    readonly blocks: { readonly all: number; readonly read: number };
  } | null;
}

/** A measurement of one table: what was done, and whether the server's log was asked. */
interface Step {
  readonly layout: Layout;
  readonly what: string;
  readonly byLog: boolean;
  readonly variant: Variant;
}

const FULL = 'full load';
const NOTHING = 'nothing';
const ELSEWHERE = 'a transaction elsewhere';
const NEWEST = '100 rows of the newest month, with deletes';

/**
 * Syncs of one and the same data in one table and in 72 leaves by time, each into a file of its own: with the summaries of the server's
 * log (a checkpoint is asked for) and without them. Beside the time, the share of the table's blocks that PostgreSQL read for it.
 * Both tables are filled once, by the server itself.
 */
export async function partitionsCase(context: BenchContext): Promise<(CaseResult | VerdictTable)[]> {
  const { rig, rows, rounds } = context;
  context.spoil();
  await fillTransactions(rig.session, rows, { bare: true });
  await divide(rig.session, rows);
  const shares = new Map<string, number>();
  const steps = (['flat', 'leaves'] as const).flatMap((layout) => stepsOf(rig, rows, layout, shares));
  const lines = await measureInTurn(
    steps.map(({ variant }) => variant),
    rounds,
  );
  const title = `Syncs of ${rows.toLocaleString('en-US')} rows in one table and in ${LEAVES} leaves by time`;
  const measured = steps.flatMap((step, at) => {
    const line = lines[at];
    return line === undefined ? [] : [{ ...step, line, share: shares.get(step.variant.name) ?? null }];
  });
  return [
    { name: 'partitions', title, against: nameOf('flat', FULL, false), lines },
    sideBySide(title, measured),
    aims(title, measured),
  ];
}

type MeasuredStep = Step & { readonly line: Line; readonly share: number | null };

function nameOf(layout: Layout, what: string, byLog: boolean): string {
  return `${layout === 'flat' ? 'flat' : `${LEAVES} leaves`}, ${what}${byLog ? ', by the log' : ''}`;
}

function stepsOf(rig: Rig, rows: number, layout: Layout, shares: Map<string, number>): Step[] {
  const { session } = rig;
  const step = (what: string, byLog: boolean, prepare: () => Promise<unknown>): Step => {
    const name = nameOf(layout, what, byLog);
    const args = what === FULL ? ['--full'] : byLog ? ['--checkpoint'] : [];
    const measure = async (): Promise<Measured> => {
      const { share, ...measured } = await measureSync(rig, layout, args);
      shares.set(name, share);
      return measured;
    };
    return { layout, what, byLog, variant: { name, prepare: async () => void (await prepare()), measure } };
  };
  const elsewhere = (): Promise<unknown> => session.query('INSERT INTO elsewhere VALUES (1)');
  /** As after syncs at regular times: the last one began at its own checkpoint, and had read what was new before. */
  const settle = async (): Promise<void> => {
    for (let times = 0; times < 2; times++) {
      await elsewhere();
      await measureSync(rig, layout, ['--checkpoint']);
    }
  };
  const changes: [string, () => Promise<unknown>][] = [
    [ELSEWHERE, elsewhere],
    [NEWEST, () => changeRows(session, layout, rowsOfNewestMonth(rows, 100))],
    ['100 rows anywhere, with deletes', () => changeRows(session, layout, rowsAnywhere(rows, 100))],
    ['0.1 % anywhere, with deletes', () => changeRows(session, layout, rowsAnywhere(rows, Math.round(rows / 1000)))],
  ];
  const nothing = async (): Promise<void> => undefined;
  return [
    step(FULL, false, nothing),
    step(NOTHING, false, nothing),
    ...changes.map(([what, make]) => step(what, false, make)),
    step('rows of each part, for the first time', true, async () => {
      await settle();
      await touchEach(session, layout, rows);
    }),
    ...changes.map(([what, make]) =>
      step(what, true, async () => {
        await settle();
        await make();
      }),
    ),
  ];
}

async function measureSync(rig: Rig, layout: Layout, args: readonly string[]): Promise<Measured & { share: number }> {
  const before = await blocksOf(rig, layout);
  const file = `${rig.folder}/${layout}.duckdb`;
  const table = layout === 'flat' ? 'transactions' : 'monthly';
  const flags = ['--duckdb', file, '--tables', table];
  const { seconds, peak, cpu, serverCpu, stdout } = await runTool(rig, ['sync', '--json', ...flags, ...args]);
  // Sessions tell what they read when they end.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = await blocksOf(rig, layout);
  const [done] = (JSON.parse(stdout) as { tables: Scan[] }).tables;
  const share = ((after.read - before.read) / after.all) * 100;
  const size = args.includes('--full') ? `, file ${(fs.statSync(file).size / 1e6).toFixed(1)} MB` : '';
  const parts =
    done?.scan == null
      ? ''
      : `, ${done.scan.read} of ${done.scan.parts} parts, ${done.scan.blocks.read} of ${done.scan.blocks.all} blocks`;
  const note = `${done?.mode}: ${done?.upserted} put, ${done?.deleted} deleted${size}${parts}; PostgreSQL read ${share.toFixed(2)} % of blocks`;
  return { seconds, peak, cpu, serverCpu, note, share };
}

async function blocksOf({ session }: Rig, layout: Layout): Promise<{ read: number; all: number }> {
  await session.query('SELECT pg_stat_force_next_flush()');
  const [row] = await session.query<{ read: string; all: string }>(
    `SELECT sum(heap_blks_read + heap_blks_hit)::text AS read, sum(pg_relation_size(relid) / 8192)::text AS all FROM pg_statio_user_tables WHERE ${isOf(layout)}`,
  );
  return { read: Number(row?.read ?? 0), all: Number(row?.all ?? 1) };
}

/** One line for what was done, with what it cost in either layout: as docs/performance.md shows it. */
function sideBySide(title: string, steps: readonly MeasuredStep[]): VerdictTable {
  const full = find(steps, 'flat', FULL)?.line.seconds ?? null;
  const cell = (step: MeasuredStep | undefined): string => {
    if (step?.line.seconds == null || full === null) return '-';
    const nothing = find(steps, step.layout, NOTHING)?.line.seconds ?? null;
    const { seconds, cpu, serverCpu } = step.line;
    const ratios = `${(seconds / full).toFixed(3)}; ${nothing === null ? '-' : (seconds / nothing).toFixed(1)}`;
    const cpus = `${(cpu ?? 0).toFixed(2)} and ${(serverCpu ?? 0).toFixed(2)} s`;
    return `${seconds.toFixed(2)} s; ${ratios}; ${cpus}; ${(step.share ?? 0).toFixed(2)} %`;
  };
  const rows = steps
    .filter(({ layout }) => layout === 'flat')
    .map(({ what, byLog }): [string, string, string] => [
      byLog ? `${what}, by the log` : what,
      cell(find(steps, 'flat', what, byLog)),
      cell(find(steps, 'leaves', what, byLog)),
    ]);
  return {
    name: 'partitions-side-by-side',
    title: `${title}: time; ratio to the full load of the one table; to nothing; CPU of ours and of PostgreSQL; blocks that it read, of the table's`,
    columns: ['', 'one table', `${LEAVES} leaves`],
    rows,
  };
}

function aims(title: string, steps: readonly MeasuredStep[]): VerdictTable {
  const rows = (['flat', 'leaves'] as const).flatMap((layout) => {
    const seconds = (what: string, byLog: boolean): number =>
      find(steps, layout, what, byLog)?.line.seconds ?? Number.NaN;
    const name = (what: string): string => nameOf(layout, what, true);
    return [
      atMost(`${name(NEWEST)}, to a full load`, seconds(NEWEST, true) / seconds(FULL, false), 0.03, 3),
      atMost(`${name(NEWEST)}, blocks in percent`, find(steps, layout, NEWEST, true)?.share ?? Number.NaN, 2),
      atMost(`${name(ELSEWHERE)}, to nothing`, seconds(ELSEWHERE, true) / seconds(NOTHING, false), 3, 1),
    ];
  });
  return aimsTable('partitions', title, rows);
}

function find(steps: readonly MeasuredStep[], layout: Layout, what: string, byLog = false): MeasuredStep | undefined {
  return steps.find((step) => step.layout === layout && step.what === what && step.byLog === byLog);
}
