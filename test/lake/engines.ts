// Reads the lake with other engines after each kind of change, and compares count, sums and md5 of all columns with the DuckDB
// file's: `npm run lake-engines`, with --spark for Spark as well (and Maven for its Iceberg runtime). The engines live in an
// environment of their own outside the project (LAKE_ENGINES, a folder); what cannot be installed is told and skipped. LAKE_TRINO names a Trino that is
// running on this machine (http://127.0.0.1:8080), whose catalogue `lake` is as docs/lake.md says.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tableSql } from '../../src/app/lake/engineText.ts';
import type { PostgresAddress } from '../../src/config/connection/address.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { currentSchema } from '../../src/lake/iceberg/metadata.ts';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { loadTable } from '../../src/lake/table.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { documentedTypes, KINDS_DDL, kindColumns, kindsSql } from '../support/lakeKinds.ts';
import { makeTemplate } from '../support/testServer.ts';

const withSpark = process.argv.includes('--spark');
const place = process.env.LAKE_ENGINES ?? path.join(os.tmpdir(), 'finance-db-lake-engines');
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

function installed(): boolean {
  const run = (program: string, ...args: string[]): boolean =>
    spawnSync(program, args, { stdio: 'inherit' }).status === 0;
  if (!fs.existsSync(python) && !run('python3', '-m', 'venv', place)) return false;
  const extensions = ['', '-extension-iceberg', '-extension-avro'].map((part) => `duckdb${part}==1.5.5`);
  const packages = [
    ...['chdb', 'pyiceberg[pyarrow]', 'moto[server]', 'sqlalchemy', 'psycopg2-binary'],
    // DuckDB's extensions as packages, where its own store of them is out of reach.
    ...['duckdb-extensions', ...extensions],
    ...(withSpark ? ['pyspark==3.5.7'] : []),
  ];
  if (!run(python, '-m', 'pip', 'install', '-q', ...packages)) return false;
  if (withSpark && !fs.existsSync(jar))
    run('mvn', '-q', 'dependency:copy', `-Dartifact=${JAR}`, `-DoutputDirectory=${place}`);
  return true;
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
  const lake = async (...args: string[]): Promise<void> => {
    const result = await runCli(['lake', ...args], { env: { ...source.env('t'), ...keys } });
    if (result.code !== 0) throw new Error(result.stderr + result.stdout);
  };
  let wrong = 0;
  try {
    await source.session.query(`CREATE TABLE t (id integer PRIMARY KEY, at timestamp, day date, seen timestamptz, amount numeric(15,2), wide numeric(38,10), small smallint, flag boolean, name varchar(40), u uuid);
      INSERT INTO t SELECT i, timestamp '2022-01-01' + i * interval '7 hours', date '2022-01-01' + i % 900, timestamptz '2022-01-01 00:00:00.000001+00' + i * interval '1 hour', (i - 1500) * 1.37, i * 123456789012345678901.0000000001, i % 100, CASE WHEN i % 5 > 0 THEN i % 2 = 0 END, 'n' || i % 50, md5(i::text)::uuid FROM generate_series(1, 3000) i`);
    for (const [name, sql] of STEPS) {
      if (sql !== '') await source.session.query(sql);
      await lake('--to', root, '--catalog', 'money');
      await lake('--to', 's3://money/lake', '--no-sync');
      await lake('--to', leaves, '--without-file');
      wrong += await compare(name, source.duckdbPath, root, {
        endpoint,
        catalogue: sqlalchemyUrl(source.database.address),
      });
      wrong += await compare(`${name}, without a file`, source.duckdbPath, leaves, null);
    }
    wrong += await compareTypes(source);
    await lake('--to', root, '--expire', '0.001s', '--catalog', 'money');
    await lake('--to', 's3://money/lake', '--verify');
    wrong += await compare('expiry', source.duckdbPath, root, {
      endpoint,
      catalogue: sqlalchemyUrl(source.database.address),
    });
  } finally {
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

/** @param elsewhere where the same table lies in a store and in a catalogue; null for a lake in a folder alone */
async function compare(
  step: string,
  file: string,
  root: string,
  elsewhere: { readonly endpoint: string; readonly catalogue: string } | null,
): Promise<number> {
  const table = await loadTable(folderStore(path.join(root, 'public/t'), 'look'));
  const fields = table === null ? [] : (currentSchema(table.metadata)?.fields ?? []);
  const name = { schema: 'public', name: 't' };
  const sqlFor = (engine: 'spark' | 'clickhouse' | 'duckdb' | 'trino'): string =>
    tableSql(engine, name, path.join(root, 'public/t'), fields, ['FILES']);
  const own = (from: string): string => sqlFor('duckdb').replace("read_parquet(['FILES'])", from);
  const reader = await openReader(file);
  const answer = await reader.connection.runAndReadAll(own('t').trim().replace(/;$/, ''));
  const [expected] = answer.getRowsJson();
  const [month] = await reader.all<{ n: string }>(
    `SELECT count(*)::VARCHAR AS n FROM t WHERE "at" >= '2022-05-01' AND "at" < '2022-06-01'`,
  );
  reader.close();
  const spec = {
    root,
    metadata: path.join(root, 'public/t', `metadata/v${table?.version}.metadata.json`),
    ...(elsewhere === null ? {} : storeOf(step, elsewhere)),
    arrow_sql: own('rows').trim().replace(/;$/, ''),
    clickhouse: sqlFor('clickhouse').replace(/;\s*$/, ''),
    spark: sqlFor('spark'),
    trino: sqlFor('trino'),
    trino_server: process.env.LAKE_TRINO ?? null,
    filter: "at >= '2022-05-01T00:00:00' and at < '2022-06-01T00:00:00'",
    with_spark: withSpark && elsewhere !== null,
    jar: fs.existsSync(jar) ? jar : null,
  };
  const run = spawnSync(python, [path.join(import.meta.dirname, 'read.py')], {
    input: JSON.stringify(spec),
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const { answers, skipped } = JSON.parse(run.stdout.slice(run.stdout.lastIndexOf('{"answers"'))) as {
    answers: Record<string, { row: string[]; month?: number; files?: number; past?: number[] }>;
    skipped: Record<string, string>;
  };
  let wrong = 0;
  for (const [engine, answer] of Object.entries(answers)) {
    const same =
      JSON.stringify(answer.row.map(plain)) === JSON.stringify(expected?.map((value) => plain(String(value))));
    const pruned = answer.files === undefined || (answer.files === 1 && String(answer.month) === month?.n);
    if (!same || !pruned) wrong++;
    console.log(
      `${step}: ${engine} ${same && pruned ? 'equal' : `DIFFERS: ${JSON.stringify(answer)} ${JSON.stringify(expected)}`}`,
    );
  }
  for (const [engine, why] of Object.entries(skipped)) console.log(`${step}: ${engine} skipped: ${why}`);
  return wrong;
}

/** Where else the table lies, as read.py wants it. */
function storeOf(step: string, { endpoint, catalogue }: { endpoint: string; catalogue: string }): object {
  const version = STEPS.findIndex(([one]) => one === step) + 1 || STEPS.length + 1;
  return {
    s3_metadata: `s3://money/lake/public/t/metadata/v${version}.metadata.json`,
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

/** ClickHouse leaves out zeros at the end. */
function plain(numeral: string): string {
  return numeral.includes('.') ? numeral.replace(/\.?0+$/, '') : numeral;
}

if (!installed()) {
  console.log('The engines could not be installed: nothing was compared.');
  process.exit(0);
}
await main();
