import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { loadTable } from '../../src/lake/table.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { unreachable } from './lakeGarbage.ts';
import { type Started, startTool } from './process.ts';
import { random } from './stress.ts';

export interface LakeKillOptions {
  readonly session: PgSession;
  readonly url: string;
  /** Empty; everything is made in it. */
  readonly folder: string;
  /** How many; `every` is one before each step of a publication, by each way. */
  readonly kills: number | 'every';
  /** How many of them are to come at a random instant, not before a step: 0 to 1. */
  readonly byTime: number;
  readonly seed: number;
  readonly rows: number;
  readonly log?: (line: string) => void;
}

export interface LakeKillResult {
  readonly killed: number;
  /** Of these, those whose kill came after the commit. */
  readonly afterCommit: number;
  /** Those that left files which no snapshot refers to, for the next run to remove. */
  readonly leftBehind: number;
  /** Pairs of writers at once, and those of which one was told that the other had won. */
  readonly pairs: number;
  readonly conflicts: number;
}

/** The two ways into a lake, each with a lake and a home of its own. */
const WAYS = [
  { name: 'file', flags: [] },
  { name: 'leaves', flags: ['--without-file'] },
] as const;
type Way = (typeof WAYS)[number];

/** A publication that came to its end. */
interface Whole {
  readonly milliseconds: number;
  readonly steps: number;
}

/** So that each publication deletes, too. */
const EXPIRE = ['--expire', '0.001s'];
const MOST_STEPS = 1000;
/** Two writers after every so many kills. */
const PAIR_EVERY = 4;
const DIGEST = `concat(count(*), ' ', sum(amount), ' ', md5(string_agg(concat(id, '|', amount, '|', "at", '|', note), ',' ORDER BY id)))`;

const KILL_AT_STEP = pathToFileURL(path.join(import.meta.dirname, 'killAtStep.mjs')).href;

/**
 * Kills publications of the built tool with SIGKILL, before a step in which they change the lake (killAtStep.mjs) or at a random instant,
 * and lets two of them run at once. After each kill the lake holds what it held or what PostgreSQL holds; after the next run it holds that,
 * and no file that nothing refers to.
 */
export async function killLakes(options: LakeKillOptions): Promise<LakeKillResult> {
  const { session, url, folder, rows, log = () => undefined } = options;
  const next = random(options.seed);
  const result = { killed: 0, afterCommit: 0, leftBehind: 0, pairs: 0, conflicts: 0 };
  const temporary = path.join(folder, 'tmp');
  fs.mkdirSync(temporary);
  const rootOf = (name: string): string => path.join(folder, `lake-${name}`);
  const counted = path.join(folder, 'steps');
  const start = ({ name, flags }: Way, more: readonly string[] = [], killAt = 0): Started =>
    startTool(['lake', '--json', ...flags, ...more], {
      ...{ DATABASE_URL: url, FINANCE_DB_TABLES: 't', FINANCE_DB_LAKE: rootOf(name), TMPDIR: temporary },
      FINANCE_DB_HOME: path.join(folder, name),
      ...{ NODE_OPTIONS: `--import ${KILL_AT_STEP}`, KILL_ROOT: rootOf(name), KILL_AT: String(killAt) },
      KILL_COUNT: counted,
    });
  /** @returns how long it took, and in how many steps it changed the lake */
  const whole = async (way: Way, ...more: string[]): Promise<Whole> => {
    // What reading tidied up is in no commit, and nothing else would flush it here: a publication waits ten seconds for that.
    await session.query('CHECKPOINT');
    const started = performance.now();
    const { code, stdout, stderr } = await start(way, more).ended;
    if (code !== 0) throw new Error(`exit ${code}: ${stderr}${stdout}`);
    return { milliseconds: performance.now() - started, steps: Number(fs.readFileSync(counted, 'utf8')) };
  };
  const requireEqual = async (name: string): Promise<void> => {
    const [lake, source] = [await digestOfLake(rootOf(name)), await digestOfSource(session)];
    if (lake !== source) throw new Error(`the lake holds ${lake}, PostgreSQL ${source}`);
    const left = [...(await garbage(rootOf(name))), ...fs.readdirSync(temporary)];
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  };
  await session.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, "at" timestamp, amount numeric(15,2), note text);
    INSERT INTO t SELECT i, timestamp '2024-01-01' + i * interval '1 day' * (200.0 / ${rows}), i / 8.0, repeat('x', i % 50) || i FROM generate_series(1, ${rows}) i`);
  const lasts = new Map<string, Whole>();
  for (const way of WAYS) {
    await whole(way);
    await change(session, next, rows);
    lasts.set(way.name, await whole(way, ...EXPIRE));
  }
  const kills = options.kills === 'every' ? Number.POSITIVE_INFINITY : options.kills;
  // Ways of which a publication was killed before each of its steps.
  const through = new Set<string>();
  for (let attempt = 0; result.killed < kills; attempt++) {
    const way = attempt % 2 === 0 ? WAYS[0] : WAYS[1];
    const last = lasts.get(way.name) ?? { milliseconds: 0, steps: 0 };
    const before = await digestOfLake(rootOf(way.name));
    await change(session, next, rows);
    const flags = [...EXPIRE, ...(next() < 0.3 ? ['--rebuild'] : [])];
    const byTime = next() < options.byTime;
    const at = options.kills === 'every' ? 1 + (attempt >> 1) : 1 + Math.floor(next() * last.steps);
    const { child, ended } = start(way, flags, byTime ? 0 : at);
    if (byTime) {
      // The whole tool runs for a while before it does anything that matters; most kills should come after.
      await delay((0.3 + next() * 0.8) * last.milliseconds);
      child.kill('SIGKILL');
    }
    const end = await ended;
    if (end.signal !== 'SIGKILL') {
      if (end.code !== 0) throw new Error(`exit ${end.code}: ${end.stderr}${end.stdout}`);
      if (options.kills !== 'every') continue;
      if (at > MOST_STEPS) throw new Error(`${at} steps, and no end`);
      through.add(way.name);
      if (through.size === WAYS.length) break;
      continue;
    }
    result.killed++;
    const after = await digestOfLake(rootOf(way.name));
    if (after !== before && after !== (await digestOfSource(session)))
      throw new Error(`kill ${result.killed}: the lake holds ${after}, and held ${before}`);
    if (after !== before) result.afterCommit++;
    if ((await garbage(rootOf(way.name))).length > 0) result.leftBehind++;
    lasts.set(way.name, await whole(way, ...EXPIRE));
    await requireEqual(way.name);
    log(`kill ${result.killed} (${way.name}, ${byTime ? 'at some time' : `before step ${at}`}): equal, nothing left`);
    if (result.killed % PAIR_EVERY !== 1) continue;
    // Without a file, for of one DuckDB file there is one sync at a time.
    await change(session, next, rows);
    await session.query('CHECKPOINT');
    const pair = [start(WAYS[1]), start(WAYS[1])];
    const ends = await Promise.all(pair.map((one) => one.ended));
    const lost = ends.filter(({ code }) => code !== 0);
    if (lost.length > 1 || lost.some(({ stdout }) => !stdout.includes('LAKE_CONFLICT')))
      throw new Error(
        `of two writers: ${lost.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`).join('\n')}`,
      );
    result.pairs++;
    result.conflicts += lost.length;
    await requireEqual('leaves');
    log(`two writers: ${lost.length} was told of the other`);
  }
  return result;
}

async function change(session: PgSession, next: () => number, rows: number): Promise<void> {
  const from = 1 + Math.floor(next() * rows);
  await session.query(`UPDATE t SET amount = amount + 1 WHERE id BETWEEN ${from} AND ${from + 50}; DELETE FROM t WHERE id = ${from + 7};
    UPDATE t SET "at" = "at" + interval '40 days' WHERE id = ${from + 9};
    INSERT INTO t SELECT i, timestamp '2024-03-01', i, 'new' FROM generate_series(${from}, ${from + 9}) i ON CONFLICT DO NOTHING`);
}

async function digestOfSource(session: PgSession): Promise<string> {
  const [row] = await session.query<{ d: string }>(`SELECT ${DIGEST} AS d FROM t`);
  return row?.d ?? '';
}

async function digestOfLake(root: string): Promise<string> {
  const table = await loadTable(storeOf(root));
  const files = (table?.entries ?? []).map(({ file }) => `'${file.path}'`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const answer = await connection.runAndReadAll(`SELECT ${DIGEST} AS d FROM read_parquet([${files.join(', ')}])`);
    return String(answer.getRows()[0]?.[0]);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function garbage(root: string): Promise<string[]> {
  const place = path.join(root, 'public/t');
  const files = fs
    .readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)));
  return unreachable(storeOf(root), files);
}

function storeOf(root: string): ReturnType<typeof folderStore> {
  return folderStore(path.join(root, 'public/t'), 'look');
}
