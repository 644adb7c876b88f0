// Reads the lake with other engines after each kind of change, and compares count, sums and md5 of all columns with the DuckDB
// file's: `npm run lake-engines`, with --spark for Spark as well (Java, and Maven for its Iceberg runtime). The engines live in an
// environment of their own outside the project (LAKE_ENGINES, a folder); what cannot be installed is told and skipped. LAKE_TRINO names a Trino that is
// running on this machine (http://127.0.0.1:8080), whose catalogue `lake` is as docs/lake.md says. --reports compares nothing but the sums of reports.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresAddress } from '../../src/config/connection/address.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { messageOf } from '../../src/errors/financeDbError.ts';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { loadTable } from '../../src/lake/table.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { documentedTypes, KINDS_DDL, kindColumns, kindsSql } from '../support/lakeKinds.ts';
import { makeTemplate } from '../support/testServer.ts';
import { compareReports, plain } from './reports.ts';
import { type SparkSession, startSpark } from './sparkSession.ts';
import { tryStore } from './tryStore.ts';

const STORE = 's3://money/lake';
const withSpark = process.argv.includes('--spark');
const place = process.env.LAKE_ENGINES ?? path.join(os.tmpdir(), 'finance-db-lake-engines');
/** What the issue of the lake ends with, alone. */
const onlyReports = process.argv.includes('--reports');
const python = path.join(place, 'bin/python');
const JAR = 'org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.0';
const jar = path.join(place, 'iceberg-spark-runtime-3.5_2.12-1.10.0.jar');

const STEPS: readonly [string, string][] = [
  ['first load', ''],
  ['updates', 'UPDATE t SET amount = amount + 0.01 WHERE id % 97 = 0'],
  ['deletes', 'DELETE FROM t WHERE id BETWEEN 400 AND 450'],
  ['moves between months', "UPDATE t SET at = at + interval '40 days' WHERE id % 101 = 0"],
  ['a column added', "ALTER TABLE t ADD note text; UPDATE t SET note = 'Ünï ' || id WHERE id % 3 = 0"],
  ['columns renamed and widened', 'ALTER TABLE t RENAME amount TO total; ALTER TABLE t ALTER small TYPE bigint'],
  ['a column dropped', 'ALTER TABLE t DROP flag'],
];

/** Not much longer than a slow registry needs; CI has no more. */
const INSTALL_MS = 300_000;
const SPARK_START_MS = 300_000;

function run(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'inherit', timeout: INSTALL_MS }).status === 0;
}

function installed(): boolean {
  if (!fs.existsSync(python) && !run('python3', '-m', 'venv', place)) return false;
  const extensions = ['', '-extension-iceberg', '-extension-avro'].map((part) => `duckdb${part}==1.5.5`);
  return run(
    ...([python, '-m', 'pip', 'install', '-q', '--no-compile'] as const),
    ...['chdb', 'pyiceberg[pyarrow]', 'moto[server]', 'sqlalchemy', 'psycopg2-binary'],
    // DuckDB's extensions as packages, where its own store of them is out of reach.
    ...['duckdb-extensions', ...extensions],
  );
}

/** @returns why Spark cannot run here; null when it can */
function missingForSpark(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'no Java';
  if (!run(python, '-m', 'pip', 'install', '-q', '--no-compile', 'pyspark==3.5.7')) return 'no pyspark within its time';
  const copy = ['-q', 'dependency:copy', `-Dartifact=${JAR}`, `-DoutputDirectory=${place}`];
  return fs.existsSync(jar) || run('mvn', ...copy) ? null : 'no Iceberg runtime from Maven within its time';
}

/** A session that answers; null, having said why, where there is none. */
async function sparkFor(lakes: Readonly<Record<string, string>>): Promise<SparkSession | null> {
  const missing = withSpark ? missingForSpark() : 'not asked for (--spark)';
  const spark = missing === null ? startSpark(python, jar, lakes) : null;
  const silent = delay(SPARK_START_MS, 'no answer within its time', { ref: false });
  const problem =
    spark === null ? missing : await Promise.race([spark.ask('SELECT 1').then(() => null, messageOf), silent]);
  if (problem === null) return spark;
  console.log(`all steps: spark skipped: ${problem.split('\n')[0]}`);
  spark?.close();
  return null;
}

async function startS3(port: number): Promise<ChildProcess> {
  const server = spawn(path.join(place, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  for (let attempt = 0; attempt < 100; attempt++) {
    const made = await fetch(`http://127.0.0.1:${port}/money`, { method: 'PUT' }).catch(() => null);
    if (made?.ok) return server;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  server.kill();
  throw new Error('moto did not start');
}

async function main(): Promise<void> {
  const template = makeTemplate();
  const source = await makeFixture();
  const port = await freePort();
  const s3 = await startS3(port);
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: endpoint,
  };
  const root = path.join(source.folder, 'lake');
  const leaves = path.join(source.folder, 'leaves');
  const lake = async (...args: string[]): Promise<string> => {
    const result = await runCli(['lake', ...args], { env: { ...source.env('t'), ...keys } });
    if (result.code !== 0) throw new Error(result.stderr + result.stdout);
    return result.stdout;
  };
  const spark = await sparkFor({ lake: root, leaves });
  const counts: number[] = [];
  const look: Look = { file: source.duckdbPath, lake, spark, counts };
  const elsewhere = { endpoint, catalogue: sqlalchemyUrl(source.database.address) };
  let wrong = 0;
  try {
    await source.session.query(`CREATE TABLE t (id integer PRIMARY KEY, at timestamp, day date, seen timestamptz, amount numeric(15,2), wide numeric(38,10), small smallint, flag boolean, name varchar(40), u uuid);
      INSERT INTO t SELECT i, timestamp '2022-01-01' + i * interval '7 hours', date '2022-01-01' + i % 900, timestamptz '2022-01-01 00:00:00.000001+00' + i * interval '1 hour', (i - 1500) * 1.37, i * 123456789012345678901.0000000001, i % 100, CASE WHEN i % 5 > 0 THEN i % 2 = 0 END, 'n' || i % 50, md5(i::text)::uuid FROM generate_series(1, 3000) i`);
    for (const [name, sql] of onlyReports ? [] : STEPS) {
      if (sql !== '') await source.session.query(sql);
      await lake('--to', root, '--catalog', 'money');
      await lake('--to', STORE, '--no-sync');
      await lake('--to', leaves, '--without-file');
      const [row] = await source.session.query<{ n: string }>('SELECT count(*)::text AS n FROM t');
      counts.push(Number(row?.n));
      wrong += await compare(look, name, root, elsewhere);
      wrong += await compare(look, `${name}, without a file`, leaves, null);
    }
    if (!onlyReports) {
      wrong += await compareTypes(source);
      await lake('--to', root, '--expire', '0.001s', '--catalog', 'money');
      await lake('--to', STORE, '--verify');
      wrong += await compare(look, 'expiry', root, elsewhere);
    }
    wrong += await tryStore(STORE, keys, source.folder);
    wrong += await compareReports({
      env: { ...source.env('transactions'), ...keys, FINANCE_DB_DUCKDB: path.join(source.folder, 'reports.duckdb') },
      ...{ store: STORE, address: `${endpoint}/money/lake`, folder: root, python, spark },
      query: (sql) => source.session.query(sql),
    });
  } finally {
    spark?.close();
    s3.kill();
    await source.close();
    template.remove();
  }
  console.log(wrong === 0 ? 'All engines agree.' : `${wrong} answers differ.`);
  process.exit(wrong === 0 ? 0 : 1);
}

/** As pyiceberg's catalogue of the SQL kind, which is the JDBC one's, wants it. */
function sqlalchemyUrl({ user, database, host, port }: PostgresAddress): string {
  return `postgresql+psycopg2://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

/** What an engine says of a table: count, sums and md5 of all rows, the rows of a month, those of each snapshot. */
interface Answer {
  readonly row: readonly string[];
  readonly month?: number;
  readonly files?: number;
  readonly past?: readonly number[];
}

/** What an answer is compared with, and how one is asked for. */
interface Look {
  readonly file: string;
  readonly lake: (...args: string[]) => Promise<string>;
  readonly spark: SparkSession | null;
  /** Rows of the table after each step so far: of each of its snapshots. */
  readonly counts: readonly number[];
}

const FILTER = "at >= '2022-05-01T00:00:00' and at < '2022-06-01T00:00:00'";

/** @param elsewhere where the same table lies in a store and in a catalogue; null for a lake in a folder alone */
async function compare(
  { file, lake, spark, counts }: Look,
  step: string,
  root: string,
  elsewhere: { readonly endpoint: string; readonly catalogue: string } | null,
): Promise<number> {
  const table = await loadTable(folderStore(path.join(root, 'public/t'), 'look'));
  const sqlFor = async (engine: string, place = root): Promise<string> =>
    (await lake('--to', place, '--engine-sql', engine)).trim().replace(/;$/, '');
  const forDuckdb = await sqlFor('duckdb');
  const own = (from: string): string => forDuckdb.replace(/read_parquet\(\[.*\]\)/, from);
  const reader = await openReader(file);
  const [expected] = (await reader.connection.runAndReadAll(own('t'))).getRowsJson();
  const [month] = await reader.all<{ n: string }>(
    `SELECT count(*)::VARCHAR AS n FROM t WHERE ${FILTER.replaceAll('at ', '"at" ')}`,
  );
  reader.close();
  const spec = {
    root,
    metadata: path.join(root, 'public/t', `metadata/v${table?.version}.metadata.json`),
    ...(elsewhere === null ? {} : storeOf(step, elsewhere)),
    arrow_sql: own('rows'),
    clickhouse: await sqlFor('clickhouse'),
    clickhouse_s3: elsewhere === null ? null : await sqlFor('clickhouse', STORE),
    trino: await sqlFor('trino'),
    trino_server: process.env.LAKE_TRINO ?? null,
    filter: FILTER,
  };
  const asked = spawnSync(python, [path.join(import.meta.dirname, 'read.py')], {
    input: JSON.stringify(spec),
    encoding: 'utf8',
  });
  if (asked.status !== 0) throw new Error(asked.stderr);
  const { answers, skipped } = JSON.parse(asked.stdout.slice(asked.stdout.lastIndexOf('{"answers"'))) as {
    answers: Record<string, Answer>;
    skipped: Record<string, string>;
  };
  if (spark !== null) {
    const name = elsewhere === null ? 'leaves' : 'lake';
    const sql = (await sqlFor('spark')).replace('FROM lake.', `FROM ${name}.`);
    answers['spark'] = await askSpark(spark, name, sql).catch((error: unknown) => ({ row: [messageOf(error)] }));
  }
  let wrong = 0;
  for (const [engine, answer] of Object.entries(answers)) {
    const same =
      JSON.stringify(answer.row.map(plain)) === JSON.stringify(expected?.map((value) => plain(String(value)))) &&
      (answer.month === undefined || String(answer.month) === month?.n) &&
      (answer.files === undefined || answer.files === 1) &&
      isPast(answer.past, counts, step);
    if (!same) wrong++;
    console.log(
      `${step}: ${engine} ${same ? 'equal' : `DIFFERS: ${JSON.stringify(answer)} ${JSON.stringify([expected, month, counts])}`}`,
    );
  }
  for (const [engine, why] of Object.entries(skipped)) console.log(`${step}: ${engine} skipped: ${why}`);
  return wrong;
}

async function askSpark(spark: SparkSession, lake: string, sql: string): Promise<Answer> {
  const table = `${lake}.public.t`;
  const [row = []] = await spark.ask(sql);
  const [[month] = []] = await spark.ask(`SELECT count(*) FROM ${table} WHERE ${FILTER}`);
  const past: number[] = [];
  for (const [id] of await spark.ask(`SELECT snapshot_id FROM ${table}.snapshots ORDER BY committed_at`)) {
    const [[n] = []] = await spark.ask(`SELECT count(*) FROM ${table} VERSION AS OF ${id}`);
    past.push(Number(n));
  }
  return { row, month: Number(month), past };
}

/** Whether an engine that travels in time finds the rows of all snapshots, or of the newest of them once others have expired. */
function isPast(past: readonly number[] | undefined, counts: readonly number[], step: string): boolean {
  if (past === undefined) return true;
  const newest = counts.slice(-past.length);
  return JSON.stringify(past) === JSON.stringify(newest) && (step === 'expiry' || past.length === counts.length);
}

/** Where else the table lies, as read.py wants it. */
function storeOf(step: string, { endpoint, catalogue }: { endpoint: string; catalogue: string }): object {
  const version = STEPS.findIndex(([one]) => one === step) + 1 || STEPS.length + 1;
  return {
    s3_metadata: `${STORE}/public/t/metadata/v${version}.metadata.json`,
    s3_options: {
      's3.endpoint': endpoint,
      's3.access-key-id': 'a',
      's3.secret-access-key': 'b',
      's3.region': 'us-east-1',
    },
    catalogue,
  };
}

/** Each type of docs/lake.md, value by value, as pyiceberg and ClickHouse read it. */
async function compareTypes(source: Fixture): Promise<number> {
  const types = documentedTypes();
  await source.session.query(`${KINDS_DDL}; ${kindsSql('kinds', types)}`);
  const home = path.join(source.folder, 'kinds');
  const env = { ...source.env('kinds'), FINANCE_DB_HOME: home, FINANCE_DB_DUCKDB: path.join(home, 'k.duckdb') };
  const done = await runCli(['lake', '--to', path.join(home, 'lake')], { env });
  if (done.code !== 0) throw new Error(done.stderr + done.stdout);
  const place = path.join(home, 'lake/public/kinds');
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const names = kindColumns(types);
  const reader = await openReader(path.join(home, 'k.duckdb'));
  // Texts as DuckDB writes them: engines hand over Arrow and Parquet, which it reads as well.
  const texts = names.map((name, index) => {
    const type = types[index]?.duckdb ?? '';
    const value = type === 'BLOB' ? `hex(${quote(name)})` : `${quote(name)}::VARCHAR`;
    return `${value} AS ${quote(name)}`;
  });
  const expected = await reader.all(`SELECT ${texts.join(', ')} FROM kinds ORDER BY "no."`);
  reader.close();
  const spec = {
    ...{ place, metadata: path.join(place, 'metadata/v1.metadata.json') },
    columns: types.map(({ postgres, duckdb, iceberg }, index) => ({ name: names[index], postgres, duckdb, iceberg })),
    expected,
  };
  const run = spawnSync(python, [path.join(import.meta.dirname, 'readTypes.py')], {
    input: JSON.stringify(spec),
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const lines = run.stdout.split('\n').filter((line) => line.startsWith('types: '));
  for (const line of lines) console.log(line);
  return lines.filter((line) => line.includes('DIFFERS')).length;
}

if (!installed()) {
  console.log('The engines could not be installed: nothing was compared.');
  process.exit(0);
}
await main();
