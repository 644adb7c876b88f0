import { type Html, html } from '../html.ts';

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** What a phone held upright has room for, in the pixels that words are measured in. */
const SLIM: PlotSize = { width: 360, height: 260 };

/**
 * A chart, drawn for a page and again for a phone: shrunk to a hand's width its words could not be read, and where it scrolls
 * most of it is out of sight. The style sheet shows one of the two.
 * @param fits whether a phone has room for all of its marks; if not, it scrolls there, its end in sight
 */
export function plot(draw: (size: PlotSize) => Html, wide: PlotSize, fits = true): Html {
  const drawn = draw(wide);
  if (!fits || drawn.text.length > MOST_SLIM_BYTES) return html`<div class="plot ends">${drawn}</div>`;
  // What is no drawing but words needs no second one.
  if (!drawn.text.startsWith('<svg')) return html`<div class="plot">${drawn}</div>`;
  return html`<div class="plot broad">${drawn}</div><div class="plot slim">${draw(SLIM)}</div>`;
}

/** What weighs more, by the filters that each of its doors carries along, is drawn once. */
const MOST_SLIM_BYTES = 30_000;

/** More intervals than this are thinner on a phone than a finger finds. */
export const MOST_SLIM = 26;
/** More marks than this would take from the page's tables what they weigh. */
export const MOST_SLIM_PARTS = 110;
