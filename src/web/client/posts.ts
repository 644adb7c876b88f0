/** Buttons that ask the server to do something: what comes of it is told beside them. */
export function postButtons(): void {
  const output = document.querySelector<HTMLOutputElement>('[data-progress]');
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-post]'))
    button.addEventListener('click', async () => {
      button.disabled = true;
      say(output, 'Asked …');
      try {
        const path = `${document.body.dataset['base'] ?? ''}${button.dataset['post'] ?? ''}`;
        const answer = await fetch(path, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{}',
        });
        const body: unknown = await answer.json().catch(() => null);
        say(output, answer.ok ? 'It runs; the page follows when it is done.' : problemText(body, answer.status));
      } catch {
        say(output, 'The server does not answer: it may have ended.');
      }
      button.disabled = false;
    });
}

function say(output: HTMLOutputElement | null, text: string): void {
  if (output !== null) output.textContent = text;
}

function problemText(body: unknown, status: number): string {
  const { detail, title, remedy } = (body ?? {}) as { detail?: string; title?: string; remedy?: string };
  return `${detail ?? title ?? `The server refused (${status})`}${remedy === undefined ? '' : ` – ${remedy}`}`;
}
