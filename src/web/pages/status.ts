import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';

/** Takes the place of what is to come. */
export function statusPage(_view: null, _frame: Frame): Html {
  return html`<p>Nothing here yet.</p>`;
}
