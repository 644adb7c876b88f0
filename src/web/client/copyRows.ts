import { quiet, say } from './refresh.ts';

const ROW = 'table.report tbody tr';

/** Rows that were picked (Ctrl and Shift with a click), or that a selection runs over, are copied as a spreadsheet reads them. */
export function copyRows(): void {
  let last: HTMLTableRowElement | null = null;
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    // With a link Ctrl and Shift open tabs and windows.
    const row = target?.closest('a, button, summary') ? null : (target?.closest<HTMLTableRowElement>(ROW) ?? null);
    if (row === null || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    const rows = [...(row.parentElement?.querySelectorAll<HTMLTableRowElement>('tr') ?? [])];
    const from = event.shiftKey && last !== null ? rows.indexOf(last) : -1;
    const at = rows.indexOf(row);
    if (from >= 0) for (const each of rows.slice(Math.min(from, at), Math.max(from, at) + 1)) pick(each, true);
    else pick(row, row.ariaSelected !== 'true');
    last = row;
    getSelection()?.removeAllRanges();
    const count = picked().length;
    if (count === 0) quiet();
    else say(`${count} ${count === 1 ? 'row' : 'rows'} picked: Ctrl+C copies, Esc forgets`);
  });
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || picked().length === 0) return;
    for (const row of picked()) pick(row, false);
    quiet();
  });
  document.addEventListener('copy', (event) => {
    const rows = picked();
    const table = rows[0]?.closest('table');
    const head = table?.querySelectorAll<HTMLTableRowElement>('thead tr') ?? [];
    const taken = rows.length > 0 ? [...head, ...rows] : selected();
    if (taken.length === 0 || event.clipboardData === null) return;
    event.clipboardData.setData('text/plain', taken.map(lineOf).join('\n'));
    event.preventDefault();
  });
}

function pick(row: HTMLTableRowElement, on: boolean): void {
  row.ariaSelected = on ? 'true' : null;
}

function picked(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>(`${ROW}[aria-selected=true]`)];
}

/** The rows that a selection of text runs over, where it is more than one. */
function selected(): HTMLTableRowElement[] {
  const selection = getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return [];
  const range = selection.getRangeAt(0);
  const root = range.commonAncestorContainer;
  if (!(root instanceof Element) || root.closest('table.report') === null) return [];
  const rows = [...root.querySelectorAll<HTMLTableRowElement>('tr')].filter((row) => range.intersectsNode(row));
  return rows.length > 1 ? rows : [];
}

function lineOf(row: HTMLTableRowElement): string {
  return [...row.cells]
    .filter((cell) => !cell.classList.contains('bar'))
    .map(textOf)
    .join('\t');
}

/** Figures with all their digits and as a spreadsheet reads them; words of others never as a formula. */
function textOf(cell: HTMLTableCellElement): string {
  const exact = cell.querySelector<HTMLElement>('[data-sum], [data-count], [data-original]')?.dataset;
  const figure = exact?.['sum'] ?? exact?.['count'] ?? exact?.['original'];
  if (figure !== undefined) return figure;
  const text = (cell.textContent ?? '')
    .replace(/[\u2068\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (/^[\u2212-]?[\d., ]+( %)?$/.test(text)) return text.replace('\u2212', '-');
  return /^[=+@\u2212-]/.test(text) ? `'${text}` : text;
}
