/** `/` search, `g c` a page, `[` and `]` the period, `?` these keys, Ctrl+Enter runs the SQL. */
export function listenToKeys(): void {
  let afterG = false;
  const dialog = document.querySelector<HTMLDialogElement>('#keys');
  document.querySelector('[data-keys-button]')?.addEventListener('click', () => dialog?.showModal());
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (key === 'Enter' && (event.ctrlKey || event.metaKey) && target instanceof HTMLTextAreaElement) {
      target.form?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target) || dialog?.open === true) return;
    if (afterG) {
      afterG = false;
      if (follow(`nav a[data-key="${CSS.escape(key)}"]`)) event.preventDefault();
      return;
    }
    if (key === 'g') afterG = true;
    else if (key === '[') follow('a[rel="prev"]');
    else if (key === ']') follow('a[rel="next"]');
    else if (key === '?') dialog?.showModal();
    else if (key === '/') {
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>('#search, #sql-text');
      if (field === null) follow('nav a[data-key="t"]');
      else field.focus();
    } else if (key === 'Escape')
      for (const menu of document.querySelectorAll('details.menu[open]')) menu.removeAttribute('open');
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function follow(selector: string): boolean {
  const link = document.querySelector<HTMLAnchorElement>(selector);
  link?.click();
  return link !== null;
}
