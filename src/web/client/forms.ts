/** Fields left empty stay out of the address; an open menu closes when something else is touched. */
export function tidyForms(): void {
  document.addEventListener('submit', ({ target }) => {
    if (!(target instanceof HTMLFormElement) || target.method !== 'get') return;
    const empty = [...target.elements].filter(
      (field): field is HTMLInputElement =>
        field instanceof HTMLInputElement && field.value === '' && field.name !== '',
    );
    for (const field of empty) field.disabled = true;
    // Back in the history they can be typed into again.
    setTimeout(() => {
      for (const field of empty) field.disabled = false;
    });
  });
  document.addEventListener('click', ({ target }) => {
    for (const menu of document.querySelectorAll('details.menu[open]'))
      if (target instanceof Node && !menu.contains(target)) menu.removeAttribute('open');
  });
}

/** While a statement runs, a button stops it: the server interrupts what nobody waits for. */
export function stopButton(): void {
  const form = document.querySelector<HTMLFormElement>('.sql-form');
  const stop = form?.querySelector<HTMLButtonElement>('[data-stop]');
  if (!form || !stop) return;
  form.addEventListener('submit', () => {
    stop.hidden = false;
  });
  stop.addEventListener('click', () => {
    window.stop();
    stop.hidden = true;
  });
  // Back in the history the page is as it was left.
  addEventListener('pageshow', () => {
    stop.hidden = true;
  });
}
