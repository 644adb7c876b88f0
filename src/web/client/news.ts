import { refreshSoon } from './refresh.ts';

/** New data is shown where it stands; that a sync or a validation runs, and how far it is, on the status page. */
export function watchForNews(): void {
  let source: EventSource | null = null;
  const listen = (): void => {
    // A browser opens six connections to a server at most: a tab that nobody sees needs none.
    if (document.hidden) {
      source?.close();
      source = null;
      return;
    }
    if (source !== null) return;
    source = new EventSource(`${document.body.dataset['base'] ?? ''}/api/v1/events`);
    source.addEventListener('snapshot', (event) => arrived(event as MessageEvent<string>));
    source.addEventListener('sync', (event) => running(event as MessageEvent<string>));
  };
  document.addEventListener('visibilitychange', listen);
  addEventListener('pagehide', () => {
    source?.close();
    source = null;
  });
  listen();
}

function arrived({ data }: MessageEvent<string>): void {
  const { id } = read(data) as { id?: string };
  if (id !== undefined && id !== document.body.dataset['snapshot']) refreshSoon('data');
}

interface SyncNews {
  readonly state?: string;
  readonly task?: string;
  readonly problem?: { readonly message?: string };
  /** What a follower does; null where there is none. */
  readonly following?: string | null;
  /** How far it is, 0 to 1, where that is known, and what it does. */
  readonly progress?: { readonly done?: number | null; readonly text?: string };
}

function running({ data }: MessageEvent<string>): void {
  const { state, task, problem, progress, following } = read(data) as SyncNews;
  if (state === undefined) return;
  const line = document.querySelector<HTMLElement>('[data-live]');
  // The line beneath the filters says whether one runs, and why the last one failed.
  const shown = line?.dataset['live'];
  const told = state === 'running' ? 'running' : state === 'failed' ? 'failed' : 'idle';
  const other = following !== undefined && (following ?? '') !== line?.dataset['following'];
  if (shown !== told || other || state === 'done') refreshSoon('state');
  const output = document.querySelector<HTMLOutputElement>('[data-progress]');
  const bar = document.querySelector<HTMLProgressElement>('[data-bar]');
  if (output === null || bar === null) return;
  bar.hidden = state !== 'running';
  if (progress?.done == null) bar.removeAttribute('value');
  else bar.value = progress.done;
  const name = task === 'validate' ? 'validation' : 'sync';
  const share = progress?.done == null ? '' : ` ${Math.floor(progress.done * 100)} %`;
  output.textContent =
    state === 'running' ? `A ${name} runs …${share} ${progress?.text ?? ''}`.trim() : (problem?.message ?? '');
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
