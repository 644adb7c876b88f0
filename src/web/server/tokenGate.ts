import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { visitedOrigin } from './hosts.ts';
import type { Services } from './services.ts';
import { type TokenCheck, tokenCheck } from './token.ts';
import type { Visit, WebEnv } from './visit.ts';

/** Longer than any visit; a new one starts with the address that `serve` printed. */
const COOKIE_SECONDS = 30 * 86_400;

/**
 * Lets through who has shown the token: in the address once, which is exchanged for a cookie; in the cookie from then
 * on; programs in `Authorization: Bearer`. Everybody, where none is asked for.
 */
export function tokenGate(services: Services): MiddlewareHandler<WebEnv> {
  const { token, base } = services.options;
  if (token === null) return (_visit, next) => next();
  return async (visit, next) => {
    const check = tokenCheck(token, visit.env.incoming.socket.localPort ?? services.options.port);
    const url = new URL(visit.req.url);
    const shown = url.searchParams.get('token');
    if (shown !== null && visit.req.method === 'GET' && check.isToken(shown))
      return exchange(visit, services, check, url);
    if (mayPass(visit, check) || visit.req.path === `${base}/api/v1/healthz`) return next();
    throw new FinanceDbError('WEB_TOKEN', 'this server asks for its token');
  };
}

function mayPass(visit: Visit, check: TokenCheck): boolean {
  const bearer = /^Bearer +([^ ]+)$/i.exec(visit.req.header('authorization') ?? '')?.[1];
  if (bearer !== undefined) return check.isToken(bearer);
  const cookie = getCookie(visit, check.cookie);
  return cookie !== undefined && check.isSession(cookie);
}

/** To the same address without the token, so that it stays in no history and no bookmark. */
function exchange(visit: Visit, { options }: Services, check: TokenCheck, url: URL): Response {
  setCookie(visit, check.cookie, check.session, {
    path: options.base === '' ? '/' : options.base,
    httpOnly: true,
    sameSite: 'Strict',
    secure: visitedOrigin(visit.env.incoming.headers, options).startsWith('https:'),
    maxAge: COOKIE_SECONDS,
  });
  url.searchParams.delete('token');
  visit.header('Cache-Control', 'no-store');
  return visit.redirect(url.pathname + url.search, 303);
}
