/** New data: told in a line where something was scrolled or selected, shown at once otherwise. */
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
  if (id === undefined || id === document.body.dataset['snapshot']) return;
  const busy =
    scrollY > 40 ||
    (getSelection()?.toString() ?? '') !== '' ||
    document.activeElement instanceof HTMLInputElement ||
    document.activeElement instanceof HTMLTextAreaElement;
  if (!busy) {
    location.reload();
    return;
  }
  const line = document.querySelector<HTMLElement>('[data-fresh]');
  if (line === null) return;
  const show = document.createElement('a');
  show.href = location.href;
  show.textContent = 'show';
  line.replaceChildren('New data has come: ', show);
  line.hidden = false;
}

function running({ data }: MessageEvent<string>): void {
  const output = document.querySelector<HTMLOutputElement>('[data-progress]');
  const { state, task, problem } = read(data) as { state?: string; task?: string; problem?: { message?: string } };
  if (output === null || state === undefined) return;
  const name = task === 'validate' ? 'validation' : 'sync';
  output.textContent = state === 'running' ? `A ${name} runs …` : (problem?.message ?? '');
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
