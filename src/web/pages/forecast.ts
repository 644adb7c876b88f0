import type { Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { linkTo } from './links.ts';

/** Says what there is instead, as long as there is no forecast. */
export function forecastPage(_view: null, frame: Frame): Html {
  return html`<p>This version has no forecast: one comes with a later version, together with the words that say how far off it was in the past.</p>
<p>What is known to come is among the <a href="${linkTo(frame, 'recurring')}">recurring payments</a>.</p>`;
}
