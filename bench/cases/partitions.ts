import fs from 'node:fs';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import type { Rig } from '../support/rig.ts';
import { type CaseResult, type Measured, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'flat, full load';
const LEAVES = 72;
/** Between two rows of the data. */
const SECONDS_A_ROW = 30;

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

/**
 * Syncs of one and the same data in one table and in 72 leaves by time, each into a file of its own: with the summaries of the server's
 * log (a checkpoint is asked for) and without them. Beside the time, the share of the table's blocks that PostgreSQL read for it.
 */
export async function partitionsCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  await divide(rig, rows);
  const variants = (['transactions', 'monthly'] as const).flatMap((table) => variantsOf(rig, rows, table));
  const lines = await measureInTurn(variants, rounds);
  const title = `Syncs of ${rows.toLocaleString('en-US')} rows in one table and in ${LEAVES} leaves by time`;
  return [{ name: 'partitions', title, against: FULL, lines }];
}

/** The same rows once more, in leaves that span equal times. */
async function divide({ session }: Rig, rows: number): Promise<void> {
  await session.query(`DROP TABLE IF EXISTS monthly, elsewhere; CREATE TABLE elsewhere (n int);
    CREATE TABLE monthly (LIKE transactions, PRIMARY KEY (tx_id, timestamp)) PARTITION BY RANGE (timestamp)`);
  const at = (leaf: number): string =>
    `timestamp '2022-01-01' + interval '1 second' * ${Math.ceil((leaf * (rows + 1) * SECONDS_A_ROW) / LEAVES)}`;
  for (let leaf = 0; leaf < LEAVES; leaf++) {
    const to = leaf === LEAVES - 1 ? "'infinity'" : at(leaf + 1);
    await session.query(
      `DO $$ BEGIN EXECUTE format('CREATE TABLE public.monthly_${leaf} PARTITION OF public.monthly FOR VALUES FROM (%L) TO (%L)', ${at(leaf)}, ${to}); END $$`,
    );
  }
  await session.query('INSERT INTO monthly SELECT * FROM transactions');
  await session.query('VACUUM (ANALYZE, FREEZE) monthly');
  await session.query('CHECKPOINT');
}

function variantsOf(rig: Rig, rows: number, table: 'transactions' | 'monthly'): Variant[] {
  const name = table === 'monthly' ? `${LEAVES} leaves` : 'flat';
  const sync = (...args: string[]): Promise<Measured> => measureSync(rig, table, args);
  const elsewhere = (): Promise<unknown> => rig.session.query('INSERT INTO elsewhere VALUES (1)');
  /** As after syncs at regular times: the last one began at its own checkpoint, and had read what was new before. */
  const settle = async (args: readonly string[]): Promise<void> => {
    for (let times = args.length === 0 ? 0 : 2; times > 0; times--) {
      await elsewhere();
      await sync(...args);
    }
  };
  const newest = `timestamp >= (SELECT max(timestamp) - interval '1 second' * ${Math.floor((rows * SECONDS_A_ROW) / LEAVES / 2)} FROM ${table})`;
  const variants: Variant[] = [
    { name: `${name}, full load`, measure: () => sync('--full') },
    { name: `${name}, nothing`, measure: () => sync() },
  ];
  const changes: [string, () => Promise<unknown>][] = [
    ['a transaction elsewhere', elsewhere],
    ['100 rows of the newest month', () => change(rig, table, 100, newest)],
    ['100 rows anywhere', () => change(rig, table, 100, 'true')],
    ['0.1 % anywhere', () => change(rig, table, Math.round(rows / 1000), 'true')],
  ];
  for (const [how, args] of [
    ['', []],
    [', by the log', ['--checkpoint']],
  ] as const) {
    if (args.length > 0)
      variants.push({
        name: `${name}, a row of each part, by the log for the first time`,
        prepare: async () => {
          await settle(args);
          await touchEach(rig, table);
        },
        measure: () => sync(...args),
      });
    for (const [what, make] of changes)
      variants.push({
        name: `${name}, ${what}${how}`,
        prepare: async () => {
          await settle(args);
          await make();
          await rig.session.query('SELECT pg_stat_force_next_flush()');
        },
        measure: () => sync(...args),
      });
  }
  return variants;
}

async function measureSync(rig: Rig, table: string, args: readonly string[]): Promise<Measured> {
  const before = await blocksOf(rig, table);
  const file = `${rig.folder}/${table}.duckdb`;
  const flags = ['--duckdb', file, '--tables', table];
  const { seconds, peak, cpu, serverCpu, stdout } = await runTool(rig, ['sync', '--json', ...flags, ...args]);
  // Sessions tell what they read when they end.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = await blocksOf(rig, table);
  const [done] = (JSON.parse(stdout) as { tables: Scan[] }).tables;
  const share = ((after.read - before.read) / after.all) * 100;
  const size = args.includes('--full') ? `, file ${(fs.statSync(file).size / 1e6).toFixed(1)} MB` : '';
  const parts =
    done?.scan == null
      ? ''
      : `, ${done.scan.read} of ${done.scan.parts} parts, ${done.scan.blocks.read} of ${done.scan.blocks.all} blocks`;
  const note = `${done?.mode}: ${done?.upserted} put, ${done?.deleted} deleted${size}${parts}; PostgreSQL read ${share.toFixed(2)} % of blocks`;
  return { seconds, peak, cpu, serverCpu, note };
}

async function blocksOf({ session }: Rig, table: string): Promise<{ read: number; all: number }> {
  await session.query('SELECT pg_stat_force_next_flush()');
  const [row] = await session.query<{ read: string; all: string }>(
    `SELECT sum(heap_blks_read + heap_blks_hit)::text AS read, sum(pg_relation_size(relid) / 8192)::text AS all FROM pg_statio_all_tables WHERE schemaname = 'public' AND relname ~ '^${table}(_[0-9]+)?$'`,
  );
  return { read: Number(row?.read ?? 0), all: Number(row?.all ?? 1) };
}

/** Changes a row of each leaf, so that where the rows of all of them lie is learned. */
async function touchEach({ session }: Rig, table: string): Promise<void> {
  await session.query(
    `UPDATE ${table} AS t SET amount = amount - 1 FROM (SELECT DISTINCT ON (tableoid) tx_id, timestamp FROM ${table}) AS p WHERE t.tx_id = p.tx_id AND t.timestamp = p.timestamp`,
  );
}

/** Changes so many rows of those that a condition is true for: four of five updated, the fifth deleted. */
async function change({ session }: Rig, table: string, count: number, where: string): Promise<void> {
  const updated = Math.round(count * 0.8);
  await session.query(
    `CREATE TEMP TABLE picked AS SELECT tx_id, timestamp, row_number() OVER () AS n FROM (SELECT tx_id, timestamp FROM ${table} WHERE ${where} ORDER BY hashtext(tx_id || clock_timestamp()) LIMIT ${count}) AS few;
     UPDATE ${table} AS t SET amount = amount - 1 FROM picked AS p WHERE t.tx_id = p.tx_id AND t.timestamp = p.timestamp AND n <= ${updated};
     DELETE FROM ${table} AS t USING picked AS p WHERE t.tx_id = p.tx_id AND t.timestamp = p.timestamp AND n > ${updated}; DROP TABLE picked`,
  );
}
