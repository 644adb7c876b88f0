import type { TObject } from '@sinclair/typebox';
import type { Hono } from 'hono';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { jsonText } from '../../render/json.ts';
import { notModified, tagOf } from '../server/etag.ts';
import { problemOf, problemText } from '../server/problem.ts';
import type { Services } from '../server/services.ts';
import { queryOf, type Visit, visitSignal, type WebEnv } from '../server/visit.ts';
import { type ApiCall, type ApiRoute, SNAPSHOT_HEADER } from './call.ts';
import { openApiDocument } from './openapi.ts';
import { readBody, readParams, type Values } from './params.ts';
import { QUERY_ROUTES } from './query.ts';
import { QUERY_FILE_ROUTES } from './queryFiles.ts';
import { REPORT_ROUTES } from './reports.ts';
import { NOTHING } from './schemas.ts';
import { TRANSACTION_ROUTES } from './transactions.ts';
import { UPKEEP_ROUTES } from './upkeep.ts';

/** Every path of the API but its own description. */
export function apiRoutes(sql: boolean): readonly ApiRoute[] {
  const queries = QUERY_ROUTES.filter(({ path }) => sql || path !== '/query');
  const files = sql ? QUERY_FILE_ROUTES : [];
  const routes = [...REPORT_ROUTES, ...TRANSACTION_ROUTES, ...queries, ...files, ...UPKEEP_ROUTES];
  const description: ApiRoute = {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    query: NOTHING,
    answer: { status: 200, type: 'application/json', about: 'OpenAPI 3.1' },
    handle: ({ services }) => {
      const document = openApiDocument([...routes, description], services.options.base);
      return new Response(`${jsonText(document)}\n`, { headers: { 'Content-Type': 'application/json' } });
    },
  };
  return [...routes, description];
}

/** Adds all of them below /api/v1. */
export function addApi(app: Hono<WebEnv>, services: Services): void {
  const routes = apiRoutes(services.options.sql);
  for (const route of routes) {
    const handler = (visit: Visit): Promise<Response> => answer(visit, services, route);
    const path = `/api/v1${honoPath(route.path)}`;
    if (route.method === 'get') app.get(path, handler);
    else app.post(path, handler);
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    app.all(`/api/v1${honoPath(path)}`, (visit) => refuseMethod(visit, methods));
  }
}

/** `/reports/{name}.csv` as Hono has it; a name holds no point there, so that the endings tell the paths apart. */
function honoPath(path: string): string {
  const [, before, name, ending] = /^(.*)\{(\w+)\}(\.\w+)$/.exec(path) ?? [];
  if (ending !== undefined) return `${before}:${name}{[^/.]+\\${ending}}`;
  return path.replace(/\{(\w+)\}/g, ':$1');
}

async function answer(visit: Visit, services: Services, route: ApiRoute): Promise<Response> {
  const tag = route.stable === true ? tagOf(visit, services, services.snapshots.currentId()) : null;
  if (tag !== null && notModified(visit, tag))
    return new Response(null, { status: 304, headers: { ETag: tag, ...REVALIDATE } });
  const call: ApiCall = {
    visit,
    services,
    params: pathParams(visit, route),
    query: readParams(route.query ?? NOTHING, queryOf(visit)),
    body: route.body === undefined ? {} : await bodyOf(visit, route.body),
    signal: visitSignal(visit, services.stopping),
  };
  const response = await route.handle(call);
  if (route.stable === true) {
    // Of the snapshot that it was made from, which may be newer than the one looked at above.
    const made = tagOf(visit, services, response.headers.get(SNAPSHOT_HEADER));
    if (made !== null) response.headers.set('ETag', made);
    response.headers.set('Cache-Control', REVALIDATE['Cache-Control']);
  } else if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
  return response;
}

const REVALIDATE = { 'Cache-Control': 'private, no-cache' } as const;

function pathParams(visit: Visit, route: ApiRoute): Record<string, string> {
  const names = Object.keys(route.params?.properties ?? {});
  const ending = /\{\w+\}(\.\w+)$/.exec(route.path)?.[1] ?? '';
  return Object.fromEntries(
    names.map((name) => [name, (visit.req.param(name) ?? '').slice(0, -ending.length || undefined)]),
  );
}

async function bodyOf(visit: Visit, schema: TObject): Promise<Values> {
  if (!/^application\/json\b/i.test(visit.req.header('content-type') ?? ''))
    throw new FinanceDbError('USAGE', 'the request is no JSON', { remedy: 'send Content-Type: application/json' });
  const text = await visit.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new FinanceDbError('USAGE', 'the request is no JSON', { remedy: 'send one JSON document', cause: error });
  }
  return readBody(schema, body);
}

function refuseMethod(visit: Visit, methods: readonly string[]): Response {
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  const problem = problemOf(
    new FinanceDbError('WEB_METHOD', `${visit.req.method} is not for this path`, {
      remedy: `use ${allowed.join(' or ')}`,
    }),
  );
  const headers = { 'Content-Type': 'application/problem+json', Allow: allowed.join(', ') };
  return new Response(problemText(problem), { status: problem.status, headers });
}
