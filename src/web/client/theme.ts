const KEY = 'finance-db-theme';

/** Light or dark by the system, until the button says otherwise. */
export function themeButton(): void {
  const root = document.documentElement;
  const stored = read();
  if (stored !== null) root.dataset['theme'] = stored;
  document.querySelector('[data-theme-button]')?.addEventListener('click', () => {
    const dark = root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    const next = dark === 'dark' ? 'light' : 'dark';
    root.dataset['theme'] = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing asks again.
    }
  });
}

function read(): string | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'dark' || stored === 'light' ? stored : null;
  } catch {
    return null;
  }
}
