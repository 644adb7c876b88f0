import { morph } from './morph.ts';

/** What has come: new data, or news of a sync, which is worth no question. */
type News = 'data' | 'state';
let coming: News | null = null;

/** Shows the page as it is now, in place. Several reasons at once are one. */
export function refreshSoon(news: News): void {
  if (coming === null)
    setTimeout(() => {
      const come = coming;
      coming = null;
      if (!isBusy()) void refresh();
      else if (come === 'data') offer();
    }, 60);
  if (coming !== 'data') coming = news;
}

/** Whether somebody reads further down, has selected something or types: figures do not change under their eyes. */
function isBusy(): boolean {
  return (
    scrollY > 40 ||
    (getSelection()?.toString() ?? '') !== '' ||
    document.querySelector('[aria-selected=true]') !== null ||
    document.activeElement instanceof HTMLInputElement ||
    document.activeElement instanceof HTMLTextAreaElement
  );
}

async function refresh(): Promise<void> {
  quiet();
  if (!(await show({}))) return retryLater();
  pause = FIRST_PAUSE_MS;
  await fillIn();
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
let pause = FIRST_PAUSE_MS;

/** A server that is busy says so, and the news would not be told twice. */
function retryLater(): void {
  setTimeout(() => refreshSoon('state'), pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
}

/** Asks for what the page was not kept waiting for. */
export async function fillIn(): Promise<void> {
  if (document.querySelector('[data-later]') !== null) await show({ 'Finance-DB-Whole': '1' });
}

/** What was asked for last. */
let asked: Promise<unknown> = Promise.resolve();

/** One after the other: an answer that was asked for earlier must not take the place of a newer one. @returns whether it came */
function show(headers: Record<string, string>): Promise<boolean> {
  const shown = asked.then(() => showNow(headers));
  asked = shown.catch(() => undefined);
  return shown;
}

async function showNow(headers: Record<string, string>): Promise<boolean> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html', ...headers } }).catch(() => null);
  if (answer === null || !answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  morph(document.body, page.body);
  return true;
}

function offer(): void {
  const show = document.createElement('a');
  show.href = location.href;
  show.textContent = 'show';
  show.addEventListener('click', (event) => {
    event.preventDefault();
    void refresh();
  });
  say('New data has come: ', show);
}

/** A line at the foot of the window, which moves nothing. */
export function say(...words: readonly (string | Node)[]): void {
  const line = document.querySelector<HTMLElement>('[data-fresh]');
  if (line === null) return;
  line.replaceChildren(...words);
  line.hidden = false;
}

export function quiet(): void {
  const line = document.querySelector<HTMLElement>('[data-fresh]');
  if (line !== null) line.hidden = true;
}
