import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { runCli } from '../support/cli.ts';
import { sharedData } from '../support/sharedData.ts';
import type { SparkSession } from './sparkSession.ts';

const BERKA = 'transactions-berka.csv';

/** Where the tables lie, and who reads them. */
export interface Reported {
  /** Settings of the tool: a database with nothing in it, a home, the keys of a store. */
  readonly env: Record<string, string>;
  /** `s3://…` and the address by which ClickHouse knows it, and a folder that Spark's catalogue `lake` is. */
  readonly store: string;
  readonly address: string;
  readonly folder: string;
  readonly python: string;
  readonly spark: SparkSession | null;
  readonly query: (sql: string) => Promise<unknown>;
}

/**
 * The household and Berka (the real accounts of a Czech bank, where they lie beside the checkout) in one lake in a store: rows change in PostgreSQL, the
 * lake follows, and ClickHouse and Spark have the same sums for each year as `stats cashflow` has, to the cent.
 * @returns how many differ
 */
export async function compareReports({ env, store, address, folder, python, spark, query }: Reported): Promise<number> {
  const shared = sharedData(BERKA);
  const names = shared === undefined ? ['transactions'] : ['transactions', 'berka'];
  if (shared === undefined) console.log(`reports: berka skipped: no ${BERKA} beside the checkout`);
  const run = async (tables: string, ...args: string[]): Promise<string> => {
    const result = await runCli(args, { env: { ...env, FINANCE_DB_TABLES: tables } });
    if (result.code !== 0) throw new Error(result.stderr + result.stdout);
    return result.stdout;
  };
  if (shared !== undefined) {
    await run('transactions', 'init', '--from', path.join(shared, BERKA));
    await query(
      'CREATE TABLE berka (LIKE transactions INCLUDING ALL); INSERT INTO berka SELECT * FROM transactions; DROP TABLE transactions',
    );
  }
  await run('transactions', 'init', '--sample', '3000');
  const publish = async (): Promise<void> => {
    await run(names.join(), 'lake', '--to', store);
    await run(names.join(), 'lake', '--to', folder, '--no-sync');
  };
  await publish();
  for (const name of names)
    await query(`UPDATE ${name} SET normalized_amount = normalized_amount + 0.37 WHERE tx_id IN (SELECT min(tx_id) FROM ${name} GROUP BY account_id, merchant);
      UPDATE ${name} SET timestamp = timestamp - interval '40 days' WHERE tx_id IN (SELECT max(tx_id) FROM ${name} GROUP BY merchant);
      DELETE FROM ${name} WHERE tx_id IN (SELECT max(tx_id) FROM ${name} GROUP BY category, channel)`);
  await publish();
  let wrong = 0;
  for (const name of names) {
    env['FINANCE_DB_LAKE'] = store;
    const cashflow = ['stats', 'cashflow', '--lake', '--by', 'year', '--with-transfers'];
    const report = await run(name, ...cashflow, '--format', 'csv');
    // What is income depends on the categories that there are; the rest is spending, refunds among it.
    const [, income = ''] = /(sum\(CASE WHEN .* END\)) AS income/.exec(await run(name, ...cashflow, '--sql')) ?? [];
    const [, ...lines] = report.trim().split('\n');
    const expected = lines
      .map((line) => line.split(','))
      .map(([year, income, spending, , , n]) => [year, income, spending, n]);
    const sql = (from: string): string =>
      `SELECT y, income, net - income, n FROM (SELECT year(timestamp) AS y, coalesce(${income}, 0) AS income, sum(normalized_amount) AS net, count(*) AS n FROM ${from} GROUP BY year(timestamp)) AS years ORDER BY y`;
    const answers: Record<string, readonly (readonly string[])[]> = {
      'clickhouse on S3': clickhouse(python, [COLLECTION, sql(`icebergS3(lake, url = '${address}/public/${name}')`)]),
    };
    if (spark !== null) answers['spark'] = await spark.ask(sql(`lake.public.${name}`));
    for (const [engine, rows] of Object.entries(answers)) {
      const same =
        JSON.stringify(rows.map((row) => row.map(plain))) ===
        JSON.stringify(expected.map((row) => row.map((value) => plain(value ?? ''))));
      if (!same) wrong++;
      console.log(
        `reports of ${name}: ${engine} ${same ? 'equal' : `DIFFERS: ${JSON.stringify(rows)} ${JSON.stringify(expected)}`}`,
      );
    }
  }
  return wrong;
}

/** As `lake --engine-sql clickhouse` says. */
const COLLECTION = "CREATE NAMED COLLECTION lake AS access_key_id = 'a', secret_access_key = 'b'";

function clickhouse(python: string, statements: readonly string[]): string[][] {
  const asked = spawnSync(python, [path.join(import.meta.dirname, 'clickhouse.py')], {
    input: JSON.stringify({ statements }),
    encoding: 'utf8',
  });
  if (asked.status !== 0) throw new Error(asked.stderr);
  return JSON.parse(asked.stdout.slice(asked.stdout.lastIndexOf('rows ') + 5)) as string[][];
}

/** Engines leave out zeros at the end. */
export function plain(numeral: string): string {
  return numeral.includes('.') ? numeral.replace(/\.?0+$/, '') : numeral;
}
