/** Parts that are no part of the figures: what is typed, menus that were opened, and what the script itself tells. */
const OWN = 'form, dialog, details.filters, [data-fresh], [data-progress], [data-bar]';
/** Attributes that a page changes after it came. */
const KEPT: readonly string[] = ['open', 'hidden', 'disabled'];
const CHANGED_MS = 2500;

/** Makes one tree like another, touching only what differs: nothing jumps, focus and scrolling stay, what changed is shown. */
export function morph(now: Element, next: Element): void {
  if (now.isEqualNode(next) || now.matches(OWN)) return;
  for (const { name } of [...now.attributes])
    if (!KEPT.includes(name) && !next.hasAttribute(name)) now.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (!KEPT.includes(name) && now.getAttribute(name) !== value) now.setAttribute(name, value);
  const [before, after] = [[...now.childNodes], [...next.childNodes]];
  after.forEach((node, index) => {
    const old = before[index];
    if (old === undefined) now.append(document.importNode(node, true));
    else if (old instanceof Element && node instanceof Element && old.tagName === node.tagName && old.id === node.id)
      morph(old, node);
    else if (old instanceof Text && node.nodeType === Node.TEXT_NODE) {
      if (old.data === node.textContent) return;
      old.data = node.textContent ?? '';
      if (now.closest('main') !== null) mark(now);
    } else old.replaceWith(document.importNode(node, true));
  });
  for (const old of before.slice(after.length)) old.remove();
}

function mark(element: Element): void {
  element.classList.add('changed');
  setTimeout(() => element.classList.remove('changed'), CHANGED_MS);
}
