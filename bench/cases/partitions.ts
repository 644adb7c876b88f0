import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, measureInTurn, type Variant } from '../support/rounds.ts';

const FULL = 'flat, full load';
/** A month of the data, the newest but one that it reaches. */
const ROWS_A_MONTH = 86_400;

interface Scan {
  readonly mode: string;
  readonly upserted: number;
  readonly deleted: number;
  readonly scan: { readonly parts: number; readonly read: number } | null;
}

/**
 * Syncs of one and the same data in one table and in monthly leaves, each into a file of its own: with the summaries of the server's
 * log (a checkpoint is asked for) and without them. Beside the time, the share of the table's blocks that PostgreSQL read.
 */
export async function partitionsCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  const months = Math.ceil(rows / ROWS_A_MONTH) + 2;
  await rig.session.query(`DROP TABLE IF EXISTS monthly, elsewhere; CREATE TABLE elsewhere (n int);
    CREATE TABLE monthly (LIKE transactions, PRIMARY KEY (tx_id, timestamp)) PARTITION BY RANGE (timestamp)`);
  for (let month = 0; month < months; month++)
    await rig.session.query(
      `DO $$ BEGIN EXECUTE format('CREATE TABLE public.monthly_${month} PARTITION OF public.monthly FOR VALUES FROM (%L) TO (%L)', timestamp '2022-01-01' + interval '${month} month', timestamp '2022-01-01' + interval '${month + 1} month'); END $$`,
    );
  await rig.session.query('INSERT INTO monthly SELECT * FROM transactions');
  await rig.session.query('VACUUM (ANALYZE, FREEZE) monthly');
  await rig.session.query('CHECKPOINT');
  const blocks = async (table: string): Promise<{ read: number; all: number }> => {
    await rig.session.query('SELECT pg_stat_force_next_flush()');
    const [row] = await rig.session.query<{ read: string; all: string }>(
      `SELECT sum(heap_blks_read + heap_blks_hit)::text AS read, sum(pg_relation_size(relid) / 8192)::text AS all FROM pg_statio_all_tables WHERE schemaname = 'public' AND relname ~ '^${table}(_[0-9]+)?$'`,
    );
    return { read: Number(row?.read ?? 0), all: Number(row?.all ?? 1) };
  };
  const sync = async (table: string, ...args: string[]) => {
    const before = await blocks(table);
    const flags = ['--duckdb', `${rig.folder}/${table}.duckdb`, '--tables', table];
    const { seconds, peak, stdout } = await runTool(rig, ['sync', '--json', ...flags, ...args]);
    // Sessions tell what they read when they end.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = await blocks(table);
    const [done] = (JSON.parse(stdout) as { tables: Scan[] }).tables;
    const share = ((after.read - before.read) / after.all) * 100;
    const parts = done?.scan == null ? '' : `, ${done.scan.read} of ${done.scan.parts} parts`;
    const note = `${done?.mode}: ${done?.upserted} put, ${done?.deleted} deleted${parts}, ${share.toFixed(1)} % of blocks`;
    return { seconds, peak, note };
  };
  const change = async (table: string, newest: boolean): Promise<void> => {
    const where = newest ? `WHERE timestamp >= (SELECT max(timestamp) - interval '5 days' FROM ${table})` : '';
    await rig.session.query(
      `CREATE TEMP TABLE picked AS SELECT tx_id, timestamp, row_number() OVER () AS n FROM (SELECT tx_id, timestamp FROM ${table} ${where} ORDER BY hashtext(tx_id || clock_timestamp()) LIMIT 100) AS few;
       UPDATE ${table} AS t SET amount = amount - 1 FROM picked AS p WHERE t.tx_id = p.tx_id AND t.timestamp = p.timestamp AND n <= 80;
       DELETE FROM ${table} AS t USING picked AS p WHERE t.tx_id = p.tx_id AND t.timestamp = p.timestamp AND n > 80; DROP TABLE picked`,
    );
  };
  const elsewhere = (): Promise<unknown> => rig.session.query('INSERT INTO elsewhere VALUES (1)');
  /** As after syncs at regular times: the last one began at its own checkpoint, and had read what was new before. */
  const settle = async (table: string, args: readonly string[]): Promise<void> => {
    for (let times = args.length === 0 ? 0 : 2; times > 0; times--) {
      await elsewhere();
      await sync(table, ...args);
    }
  };
  const variants: Variant[] = [];
  for (const [table, name] of [
    ['transactions', 'flat'],
    ['monthly', 'months'],
  ] as const) {
    variants.push(
      { name: `${name}, full load`, measure: () => sync(table, '--full') },
      { name: `${name}, nothing`, measure: () => sync(table) },
    );
    for (const [how, args] of [
      ['', []],
      [' by the log', ['--checkpoint']],
    ] as const)
      variants.push(
        {
          name: `${name}, a transaction elsewhere${how}`,
          prepare: async () => {
            await settle(table, args);
            await elsewhere();
          },
          measure: () => sync(table, ...args),
        },
        {
          name: `${name}, 100 rows of the newest days${how}`,
          prepare: async () => {
            await settle(table, args);
            await change(table, true);
          },
          measure: () => sync(table, ...args),
        },
        {
          name: `${name}, 100 rows anywhere${how}`,
          prepare: async () => {
            await settle(table, args);
            await change(table, false);
          },
          measure: () => sync(table, ...args),
        },
      );
  }
  const lines = await measureInTurn(variants, rounds);
  const title = `Syncs of ${rows.toLocaleString('en-US')} rows in one table and in ${months} monthly leaves`;
  return [{ name: 'partitions', title, against: FULL, lines }];
}
