import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { queryCommandOf } from '../../src/web/pages/asCommand.ts';
import { awkwardRows } from '../support/awkwardRows.ts';
import { runCli } from '../support/cli.ts';
import { csvRecords } from '../support/csvRecords.ts';
import { temporaryFolder } from '../support/folder.ts';
import { doorsOf, exactly, unescaped } from '../support/pageDoors.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { ask, startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
const ENV = { FINANCE_DB_HOME: '/nonexistent', FINANCE_DB_TODAY: '2026-11-22' };
const FILE = (): string[] => ['--duckdb', path.join(folder.path, 'stats.duckdb')];
let server: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  // Two that come back, so that there is something to expect.
  const rent = Array.from({ length: 9 }, (_, month) => [
    { day: `2026-${String(month + 2).padStart(2, '0')}-01`, amount: '-900', merchant: "Landlord's", category: 'Rent' },
    { day: `2026-${String(month + 2).padStart(2, '0')}-26`, amount: '2000', merchant: 'Mill', category: 'Salary' },
  ]);
  const odd = { day: '2026-10-05', amount: '-9000', merchant: "Landlord's", category: 'Rent' };
  server = await startWeb(await statsFile(folder.path, simpleRows([...awkwardRows(), ...rent.flat(), odd])));
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

async function get(address: string): Promise<string> {
  const { status, body, headers } = await ask(server.port, address, { headers: { accept: 'text/html' } });
  // While amounts are hidden, an address that holds one leads to the one in which it is sealed.
  if (status === 302 && headers.location !== undefined) return get(headers.location);
  if (status !== 200) throw new Error(`${address}: ${status} ${body.slice(0, 400)}`);
  return body;
}

/** The parts of a page that show numbers as a chart or a table. */
function partsOf(page: string): { readonly part: string; readonly chart: boolean }[] {
  const main = page.slice(page.indexOf('<main'), page.indexOf('</main>'));
  const panels = [...main.matchAll(/<section class="panel[\s\S]*?<\/section>/g)].map(([text]) => text);
  const rest = panels.reduce((text, each) => text.replace(each, ''), main);
  return [...panels, rest]
    .filter((text) => /<svg class="chart"|<table|class="figures"|class="sums"/.test(text))
    .map((part) => ({ part, chart: part.includes('<svg class="chart"') }));
}

interface ExportSet {
  readonly csv: string;
  readonly json: string;
  readonly parquet: string;
  readonly sql: string;
  readonly command: string;
}

/** Every set of exports beneath a part; one that lacks a way is no set. */
function setsOf(part: string): ExportSet[] {
  const way = (name: string): string => `<a href="([^"]*)"[^>]*>${name}<span[^>]*>[^<]*</span></a>\\s*`;
  const set = new RegExp(
    `${way('CSV')}${way('JSON')}${way('Parquet')}${way('SQL')}<details class="command">[\\s\\S]*?<code>([\\s\\S]*?)</code>`,
    'g',
  );
  return [...part.matchAll(set)].map(([, ...found]) => {
    const [csv = '', json = '', parquet = '', sql = '', command = ''] = found.map((text) => unescaped(text ?? ''));
    return { csv, json, parquet, sql, command };
  });
}

/** The words of a command as a shell reads them. */
function words(command: string): string[] {
  const found = [''];
  for (const [, quoted, escaped, space, sign] of command.matchAll(/'([^']*)'|\\(.)|(\s+)|([^\s'\\])/g)) {
    if (space !== undefined) found.push('');
    else found[found.length - 1] += quoted ?? escaped ?? sign ?? '';
  }
  return found;
}

async function run(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv, { env: ENV });
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}: ${stderr}`);
  return stdout;
}

type Row = Readonly<Record<string, string>>;

/** Rows as texts, numbers written in one way; what is no single value is left out. */
function plainRows(rows: readonly Record<string, unknown>[], names: readonly string[]): Row[] {
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name])])));
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(value).replace('T', ' ');
  return /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? exactly(text.includes('e') ? Number(text).toFixed(9) : text) : text;
}

async function parquetRows(address: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`http://localhost:${server.port}${address}`);
  expect(answer.status).toBe(200);
  const file = path.join(folder.path, 'export.parquet');
  fs.writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`SELECT * FROM '${file}'`);
  const rows = reader.getRowObjectsJson() as Record<string, unknown>[];
  connection.closeSync();
  return rows;
}

const known = new Map<string, { readonly values: ReadonlySet<string> }>();

/** All ways of a set give the same rows; returns every number in them, and what each column adds up to. */
async function numbersOf(set: ExportSet): Promise<ReadonlySet<string>> {
  const seen = known.get(set.csv);
  if (seen !== undefined) return seen.values;
  const csv = await get(set.csv);
  const rows = csvRecords(csv);
  const names = Object.keys(rows[0] ?? {}).filter((name) => !/^\d{4}(-\w+)?(-\d\d)?$/.test(name));
  const exact = plainRows(rows, names);

  const document = JSON.parse(await get(`${set.json}${set.json.includes('?') ? '&' : '?'}numbers=string`));
  // A list comes in pages; all other documents are whole.
  if (document.next == null && document.truncated !== true)
    expect(sorted(plainRows(document.rows, names))).toEqual(sorted(exact));
  expect(sorted(plainRows(await parquetRows(set.parquet), names)).map(rounded)).toEqual(sorted(exact).map(rounded));

  const typed = words(set.command);
  expect(typed.shift()).toBe('finance-db');
  expect(await run([...typed.slice(0, 1), '--format', 'csv', ...typed.slice(1)])).toBe(csv);

  const sqlPage = await get(set.sql);
  const sql = unescaped(/<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(sqlPage)?.[1] ?? '');
  const [first = ''] = sql.split(/;\n(?:\n|$)/);
  const asked = csvRecords(await run(['query', ...FILE(), '--format', 'csv', first])).filter(
    (row) => row['is_total'] !== 'true',
  );
  // An estimate is worked out from the months that its SQL gives.
  if (set.csv.includes('/reports/forecast')) expect(asked.length).toBeGreaterThan(0);
  else expect(sorted(plainRows(asked, names)).map(rounded)).toEqual(sorted(exact).map(rounded));

  const values = new Set<string>();
  for (const name of Object.keys(rows[0] ?? {})) {
    const numbers = rows.map((row) => row[name] ?? '').filter((text) => /^-?\d+(\.\d+)?$/.test(text));
    for (const text of numbers) values.add(exactly(text));
    if (numbers.length > 0) values.add(total(numbers));
  }
  // The total of a report that was asked for few rows is over all of them.
  for (const value of Object.values(document.total ?? {})) if (value !== null) values.add(plain(value));
  values.add(String(rows.length));
  known.set(set.csv, { values });
  return values;
}

/** Shares are written with all their digits here, and with some there. */
function rounded(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, /\.\d{7,}$/.test(value) ? Number(value).toFixed(5) : value]),
  );
}

function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function total(numbers: readonly string[]): string {
  const scaled = numbers.map((text) => {
    const [whole = '', part = ''] = text.split('.');
    return BigInt(whole.replace('-', '') + part.padEnd(9, '0').slice(0, 9)) * (text.startsWith('-') ? -1n : 1n);
  });
  const sum = scaled.reduce((all, each) => all + each, 0n);
  const digits = String(sum < 0n ? -sum : sum).padStart(10, '0');
  return exactly(`${sum < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`);
}

const ADDRESSES = [
  '/',
  '/cashflow?by=week&period=2026q1&vs=before',
  '/categories?depth=2&period=2025',
  '/flow',
  '/calendar?period=2026',
  '/merchants?sort=count&limit=3',
  "/merchants?merchant=o'h&with-transfers=1",
  '/accounts',
  '/channels',
  '/places',
  '/recurring?sort=name&with-transfers=1',
  '/anomalies',
  '/forecast',
  '/forecast?by=category',
  '/forecast?backtest=1',
  '/currencies?period=2026&limit=3',
  '/health',
  '/balances?opening=a%3D100&limit=5',
  '/transactions?only=flow:spending&only=category:Dining&q=shop',
  '/transactions?only=id:t-0001&every-row=1',
  `/sql?sql=${encodeURIComponent("SELECT category, sum(amount) AS total FROM transactions WHERE merchant LIKE '%o''%' GROUP BY ALL")}`,
] as const;

describe('beside every chart and table: CSV, JSON, Parquet, SQL and command, all of one mind, holding what is shown', () => {
  test.each(ADDRESSES)('%s', async (address) => {
    const parts = partsOf(await get(address));
    expect(parts.length).toBeGreaterThan(0);
    for (const { part, chart } of parts) {
      const title = /<h2>([^<]*)/.exec(part)?.[1] ?? address;
      const sets = setsOf(part);
      expect({ title, sets: sets.length > 0 }).toEqual({ title, sets: true });
      if (chart) expect({ title, table: /class="foot"[\s\S]*table<span/.test(part) }).toEqual({ title, table: true });
      const values = new Set<string>();
      for (const set of sets) for (const value of await numbersOf(set)) values.add(value);
      const missing = doorsOf(part).filter(({ figure }) => !values.has(exactly(figure)));
      expect({ title, missing }).toEqual({ title, missing: [] });
    }
  });
});

test('privacy: no part has an export, and no command', async () => {
  for (const address of ADDRESSES) {
    const page = await get(`${address}${address.includes('?') ? '&' : '?'}private=1`);
    expect(page).not.toMatch(/\/api\/v1\/|class="command"/);
  }
});

test('a shell gives the command the words that it was made of', () => {
  const command = queryCommandOf('SELECT \'a  b\' AS "c"\n-- $HOME `ls` \\', ['--duckdb', '/x y/z.duckdb']);
  const shell = `f() { for each; do printf '%s\\0' "$each"; done; }\n${command.replace(/^finance-db/, 'f')}`;
  expect(execFileSync('sh', ['-c', shell], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
    words(command).slice(1),
  );
});
