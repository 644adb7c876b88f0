import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { bytesText } from '../../render/amount.ts';
import { addApi } from '../api/apiRoutes.ts';
import { SECURITY_HEADERS } from './guards.ts';
import { addPages, describe, showProblem } from './pageRoutes.ts';
import { problemOf, problemText } from './problem.ts';
import type { Services } from './services.ts';
import { tokenGate } from './tokenGate.ts';
import type { Visit, WebEnv } from './visit.ts';

/** Everything that can be asked for, below the base path. Guards of the raw request come before it (listen.ts). */
export function makeApp(services: Services): Hono<WebEnv> {
  const { limits } = services;
  const { base } = services.options;
  // Not strict: /money/ and /money are the same page.
  const app = new Hono<WebEnv>({ strict: false }).basePath(base === '' ? '/' : base);
  app.use(async (visit, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) visit.res.headers.set(name, value);
  });
  app.use(tokenGate(services));
  app.use(
    bodyLimit({
      maxSize: limits.bodyBytes,
      onError: () => {
        throw new FinanceDbError('WEB_TOO_LARGE', `a request may have ${bytesText(limits.bodyBytes)}`);
      },
    }),
  );
  app.use(compress());
  app.get('/assets/:name', (visit) => sendAsset(visit, services));
  addApi(app, services);
  addPages(app, services);
  app.notFound((visit) => refuse(visit, services, new FinanceDbError('WEB_NOT_FOUND', 'there is no such page')));
  app.onError((error, visit) => refuse(visit, services, error));
  return app;
}

function sendAsset(visit: Visit, { assets }: Services): Response {
  const asset = assets.files.get(visit.req.param('name') ?? '');
  if (asset === undefined) throw new FinanceDbError('WEB_NOT_FOUND', 'there is no such file');
  return new Response(new Uint8Array(asset.body), {
    headers: { 'Content-Type': asset.type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  });
}

/** People get a page, programs a problem document. */
function refuse(visit: Visit, services: Services, thrown: unknown): Response | Promise<Response> {
  const problem = problemOf(thrown);
  const forPeople = visit.req.header('accept')?.includes('text/html') === true;
  const api = visit.req.path.startsWith(`${services.options.base}/api/`);
  // Who has not shown the token sees nothing of what is behind it.
  if (forPeople && !api && problem.error.code !== 'WEB_TOKEN') return showProblem(visit, services, 'overview', thrown);
  if (problem.error.code === 'INTERNAL') services.options.log(describe(thrown));
  return new Response(problemText(problem), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...problem.headers },
  });
}
