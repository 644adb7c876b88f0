/** What there is to filter by, offered while typing; asked for when the filters are opened first. */
export function offerFacets(): void {
  const menu = document.querySelector<HTMLDetailsElement>('details.filters');
  menu?.addEventListener('toggle', () => void offer(menu), { once: true });
}

async function offer(menu: HTMLElement): Promise<void> {
  const answer = await fetch(`${document.body.dataset['base'] ?? ''}/api/v1/facets`).catch(() => null);
  if (answer === null || !answer.ok) return;
  const facets = (await answer.json()) as Record<string, { value: string | null }[] | undefined>;
  for (const input of menu.querySelectorAll<HTMLInputElement>('input[name]')) {
    const values = facets[input.name];
    if (values === undefined) continue;
    const list = document.createElement('datalist');
    list.id = `facet-${input.name}`;
    list.append(
      ...values.filter(({ value }) => value !== null && value !== '').map(({ value }) => new Option('', value ?? '')),
    );
    input.after(list);
    input.setAttribute('list', list.id);
  }
}
