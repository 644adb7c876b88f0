import type { Hono } from 'hono';
import type { FinanceDbError } from '../../errors/financeDbError.ts';
import { DEFAULT_LOCALE } from '../../render/locale.ts';
import { followText } from '../pages/followText.ts';
import { layout } from '../pages/layout.ts';
import { pathTo, search } from '../pages/links.ts';
import { isPartial } from '../pages/overview.ts';
import { PAGE_NAMES, PAGES, type PageName } from '../pages/pageNames.ts';
import { problemPage } from '../pages/problem.ts';
import { notModified, tagOf } from './etag.ts';
import { localeOf } from './locale.ts';
import { PAGE_TABLE } from './pageTable.ts';
import { problemOf } from './problem.ts';
import { addressFor, openedQuery } from './sealed.ts';
import type { Services } from './services.ts';
import { frameOf, queryOf, type Visit, visitSignal, type WebEnv } from './visit.ts';

/** The pages of the dashboard. */
export function addPages(app: Hono<WebEnv>, services: Services): void {
  for (const name of PAGE_NAMES) {
    if (name === 'sql' && !services.options.sql) continue;
    app.get(PAGES[name].path, (visit) => showPage(visit, services, name));
  }
}

async function showPage(visit: Visit, services: Services, name: PageName): Promise<Response> {
  services.keeper.visited();
  const signal = visitSignal(visit, services.stopping);
  const { config, now } = services.options;
  try {
    const typed = queryOf(visit);
    const elsewhere = addressFor(typed);
    if (elsewhere !== null) return visit.redirect(pathTo(services.options, PAGES[name].path) + search(elsewhere));
    const query = openedQuery(typed);
    const locale = localeOf(query, visit.req.header('accept-language'));
    const state = pageState(services, name, locale);
    const known = state === null ? null : tagOf(visit, services, services.snapshots.currentId(), state);
    if (known !== null && notModified(visit, known))
      return new Response(null, { status: 304, headers: tagHeaders(known) });
    const kept = known === null ? undefined : services.pages.get(known);
    if (kept !== undefined) return answer(kept, 200, tagHeaders(known));
    const lease = await services.snapshots.lease(signal);
    try {
      const lateRows = isWhole(visit, query) ? Number.POSITIVE_INFINITY : services.limits.lateRows;
      const render = await PAGE_TABLE[name].read({ ...lease, query, config, now, signal, lateRows });
      const frame = frameOf(visit, services, name, lease.snapshot, locale);
      const shown = layout(frame, render(frame));
      // The rest of it may be known a moment later.
      const tag = state === null || isPartial(shown) ? null : tagOf(visit, services, lease.snapshot.id, state);
      if (tag !== null) services.pages.put(tag, shown.text);
      return answer(shown.text, 200, tagHeaders(tag));
    } finally {
      lease.release();
    }
  } catch (error) {
    return showProblem(visit, services, name, error);
  }
}

/** Whether all is waited for: by the address for who follows a link, by a header for the script, which keeps its address. */
function isWhole(visit: Visit, query: URLSearchParams): boolean {
  return query.get('whole') === '1' || visit.req.header('finance-db-whole') === '1';
}

/** The header of a page says how old things are, which is right for a minute. */
const AGES_MS = 60_000;

/** What a page shows beside the snapshot; null for a page that is about more than that. */
function pageState({ keeper, options }: Services, name: PageName, locale: string): string | null {
  if (name === 'status') return null;
  const { checkedAt, task, problem, following } = keeper.state();
  const minute = Math.floor(options.now().getTime() / AGES_MS);
  return [locale, minute, checkedAt?.getTime(), task, problem?.code, problem?.message, followText(following)].join(
    '\n',
  );
}

function tagHeaders(tag: string | null): Record<string, string> {
  return tag === null
    ? {}
    : { ETag: tag, Vary: 'Accept-Language, Accept-Encoding', 'Cache-Control': 'private, no-cache' };
}

/** The same frame around what went wrong, so that the period can be mended and the other pages be reached. */
export async function showProblem(
  visit: Visit,
  services: Services,
  name: PageName,
  thrown: unknown,
): Promise<Response> {
  const problem = problemOf(thrown);
  if (problem.error.code === 'INTERNAL') services.options.log(describe(thrown));
  const snapshot = await services.snapshots.note().catch(() => null);
  const frame = frameOf(visit, services, name, snapshot, DEFAULT_LOCALE);
  return answer(layout(frame, problemPage(problem.error)).text, problem.status, problem.headers);
}

/** What the log is told of an error of ours. */
export function describe(thrown: unknown): string {
  const { stack } = (thrown ?? {}) as { stack?: unknown };
  return `error [${(thrown as FinanceDbError | null)?.code ?? 'INTERNAL'}]: ${typeof stack === 'string' ? stack : String(thrown)}`;
}

function answer(page: string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(page, {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'private, no-cache', ...headers },
  });
}
