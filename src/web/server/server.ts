import type http from 'node:http';
import { memoryShare } from '../../duckdb/readerLimits.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { makeApp } from './app.ts';
import { readAssets } from './assets.ts';
import { listen } from './listen.ts';
import { SERVER_LIMITS, type ServeOptions } from './serveOptions.ts';
import type { Services } from './services.ts';
import { Snapshots } from './snapshots.ts';
import { Turns } from './turns.ts';

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
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
  const snapshots = new Snapshots({
    path: config.duckdbPath,
    memory: config.memory ?? memoryShare(MEMORY_SHARE),
    timeZone: config.timeZone,
    turns: new Turns({ atOnce: limits.queries, waiting: limits.waiting, patienceMs: limits.patienceMs }),
  });
  const services: Services = {
    options,
    limits,
    snapshots,
    freshness: {
      state: () => ({ checkedAt: null, syncing: false, problem: null, automatic: options.sync.automatic }),
      visited: () => undefined,
    },
    assets: readAssets(options.base),
    stopping: stop.signal,
  };
  const app = makeApp(services);
  const { port, servers } = await listen((request, env) => app.fetch(request, env), options, options, limits);
  return {
    port,
    async close() {
      const closed = servers.map(closeServer);
      stop.abort(new FinanceDbError('TERMINATED', 'the server is stopping'));
      const cut = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, limits.graceMs);
      await Promise.all(closed);
      clearTimeout(cut);
      snapshots.close();
    },
  };
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
