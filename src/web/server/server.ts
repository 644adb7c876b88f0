import fs from 'node:fs';
import type http from 'node:http';
import { publishSampleFile } from '../../app/sync/sampleFile.ts';
import { memoryShare } from '../../duckdb/readerLimits.ts';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { makeApp } from './app.ts';
import { readAssets } from './assets.ts';
import { Events } from './events.ts';
import { Keeper } from './keeper.ts';
import { listen } from './listen.ts';
import { PageMemo } from './pageMemo.ts';
import { SERVER_LIMITS, type ServeOptions } from './serveOptions.ts';
import type { Services } from './services.ts';
import { Snapshots } from './snapshots.ts';
import { Turns } from './turns.ts';
import type { WebEnv } from './visit.ts';
import { warmUp } from './warmUp.ts';

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  /** How many questions are being answered, and how many wait for their turn. */
  load(): ReturnType<Turns['load']>;
  /** Stops accepting, ends event streams and queries, and resolves when all of that is over. */
  close(): Promise<void>;
}

/** Two files may be open at once, while one takes the place of the other, and a sync beside them. */
const MEMORY_SHARE = 0.25;

/**
 * Starts the dashboard and the API.
 * @throws FinanceDbError PORT_IN_USE, CONFIG
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const limits = { ...SERVER_LIMITS, ...options.limits };
  const stop = new AbortController();
  const { config } = options;
  const turns = new Turns({ atOnce: limits.queries, waiting: limits.waiting, patienceMs: limits.patienceMs });
  const snapshots = new Snapshots({
    path: config.duckdbPath,
    memory: config.memory ?? memoryShare(MEMORY_SHARE),
    timeZone: config.timeZone,
    turns,
  });
  const events = new Events();
  const keeper = new Keeper(options, events, () => snapshots.known());
  const services: Services = {
    options,
    limits,
    snapshots,
    keeper,
    events,
    assets: readAssets(options.base),
    pages: new PageMemo(),
    stopping: stop.signal,
  };
  const app = makeApp(services);
  const { port, servers } = await listen((request, env) => answer(app, request, env), options, options, limits);
  const watching = watch(services);
  await showSample(options);
  // What is wrong with the file the pages will say.
  await snapshots.note().catch(() => null);
  const warm = warmUp(snapshots, options, stop.signal);
  keeper.visited();
  return {
    port,
    load: () => turns.load(),
    async close() {
      clearInterval(watching);
      const closed = servers.map(closeServer);
      events.close();
      stop.abort(new FinanceDbError('TERMINATED', 'the server is stopping'));
      const cut = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, limits.graceMs);
      await Promise.all([...closed, keeper.stop(), warm]);
      clearTimeout(cut);
      snapshots.close();
    },
  };
}

/** HEAD is GET without its body; what was to be streamed is let go, and with it the snapshot that it was read from. */
async function answer(app: ReturnType<typeof makeApp>, request: Request, env: unknown): Promise<Response> {
  const bindings = env as WebEnv['Bindings'];
  if (request.method !== 'HEAD') return app.fetch(request, bindings);
  const { status, headers, body } = await app.fetch(new Request(request.url, { headers: request.headers }), bindings);
  await body?.cancel();
  return new Response(null, { status, headers });
}

/** Looks for another file in the place of the one that is served, and tells open pages; while there are some, they count as visits. */
function watch({ options, snapshots, events, keeper, limits, stopping }: Services): NodeJS.Timeout {
  let known = snapshots.currentId();
  let followed = keeper.followState();
  return setInterval(() => {
    const id = snapshots.currentId();
    const follow = keeper.followState();
    // That a follower has begun, or waits, comes with no new file.
    if (follow !== followed) events.announce(keeper.standing());
    followed = follow;
    if (id !== known) {
      known = id;
      snapshots.letGoOfOld();
      // What is known of the file is asked for at every visit.
      void snapshots.note().catch(() => null);
      void warmUp(snapshots, options, stopping);
      events.announce({ name: 'snapshot', data: { id } });
    }
    if (events.count > 0) keeper.visited();
  }, limits.watchMs);
}

/** Where nothing was ever published there is the marked sample to look at; the first sync takes its place. */
async function showSample({ config, now, log }: ServeOptions): Promise<void> {
  if (fs.existsSync(config.duckdbPath)) return;
  const { duckdbPath, baseCurrency, fileMode } = config;
  try {
    await publishSampleFile({ duckdbPath, baseCurrency, fileMode, now, signal: new AbortController().signal });
  } catch (error) {
    // A sync may be at it, or the folder read-only: the pages say that there is no data yet.
    log(`no sample: ${messageOf(error)}`);
  }
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
