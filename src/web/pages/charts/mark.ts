import { type Html, html } from '../html.ts';
import { coordinate } from './scale.ts';

/** What every mark of a chart has: where it leads, and what it says. */
export interface Mark {
  readonly href: string;
  /** `Dining, March 2026: −412.35, 31 transactions`. */
  readonly says: string;
  /** The exact sum that the list behind it has, where it may be shown. */
  readonly sum?: string | null;
  /** What else is claimed of that list. */
  readonly claim?: Html | null;
}

/** A mark that is a door; its title is what is shown and what is read out. */
export function door({ href, says, sum, claim }: Mark, inside: Html): Html {
  const exact = sum === undefined || sum === null ? null : html` data-sum="${sum}"`;
  return html`<a href="${href}"${exact}${claim}><title>${says}</title>${inside}</a>`;
}

/** A chart's frame: a group, since what is in it can be followed. */
export function drawing(size: { readonly width: number; readonly height: number }, title: string, inside: Html): Html {
  return html`<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="group" aria-label="${title}">${inside}</svg>`;
}

/** What stands where there is nothing to draw. */
export function emptyChart(words = 'Nothing in this period.'): Html {
  return html`<p class="empty">${words}</p>`;
}

/** The mark of a bar that is longer than it can be drawn. */
export function tornAt(center: number, wide: number, y: number, upwards: boolean): Html {
  return html`<path class="torn" d="M${coordinate(center - wide / 2 - 2)} ${coordinate(y + (upwards ? 7 : -5))}l${coordinate(wide + 4)} -4"/>`;
}

/** Beneath a chart that has such bars. */
export const TORN_NOTE =
  'Bars with a tear are longer than they are drawn; their titles and the table have the figures.';

/** Stripes for what is no part of the other marks: transfers, and a period that still runs. */
export function stripes(id: string): Html {
  return html`<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="stripe-ground"/><rect width="3" height="6" class="stripe"/></pattern>`;
}
