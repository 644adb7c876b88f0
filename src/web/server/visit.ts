import path from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { localDay } from '../../app/stats/statsFlags.ts';
import { defaultHome } from '../../config/platform.ts';
import type { Frame } from '../pages/frame.ts';
import type { PageName } from '../pages/pageNames.ts';
import { addressFor } from './sealed.ts';
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

/** Also where something else went wrong no link has an amount in it that is to be hidden. */
function shownQuery(query: URLSearchParams): URLSearchParams {
  try {
    return addressFor(query) ?? query;
  } catch {
    return query;
  }
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
    query: shownQuery(queryOf(visit)),
    snapshot,
    freshness: keeper.state(),
    now: options.now(),
    today: options.config.today ?? localDay(options.now()),
    locale,
    assets: assets.paths,
    place: placeOf(options.config.home, options.config.duckdbPath),
    sql: options.sql,
  };
}

/** What a command in a terminal has to be told to find the same file: nothing where it lies in its usual place. */
function placeOf(home: string, duckdbPath: string): readonly string[] {
  const usual = path.resolve(defaultHome(process.env));
  if (duckdbPath !== path.join(home, 'finance.duckdb')) return ['--duckdb', duckdbPath];
  return home === usual ? [] : ['--home', home];
}
