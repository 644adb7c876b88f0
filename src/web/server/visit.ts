import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { localDay } from '../../app/stats/statsFlags.ts';
import type { Frame } from '../pages/frame.ts';
import type { PageName } from '../pages/pageNames.ts';
import type { Services } from './services.ts';

/** What Hono is told of our requests. */
export type WebEnv = { Bindings: HttpBindings };
export type Visit = Context<WebEnv>;

/** Ends with the visitor: when the connection closes before the answer is out, or the server stops. */
export function visitSignal({ env }: Visit, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  env.outgoing.once('close', () => {
    if (!env.outgoing.writableFinished) gone.abort(new DOMException('the visitor has gone', 'AbortError'));
  });
  return AbortSignal.any([gone.signal, stopping]);
}

/** The parameters of a page's address, as typed. */
export function queryOf(visit: Visit): URLSearchParams {
  return new URL(visit.req.url).searchParams;
}

/** What a page is framed with. */
export function frameOf(
  visit: Visit,
  services: Services,
  page: PageName,
  snapshot: Frame['snapshot'],
  locale: string,
): Frame {
  const { options, assets, keeper } = services;
  return {
    page,
    base: options.base,
    query: queryOf(visit),
    snapshot,
    freshness: keeper.state(),
    now: options.now(),
    today: options.config.today ?? localDay(options.now()),
    locale,
    assets: assets.paths,
    sql: options.sql,
  };
}
