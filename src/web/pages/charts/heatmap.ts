import { type Html, html } from '../html.ts';
import { door, drawing, type Mark } from './mark.ts';

export interface HeatDay extends Mark {
  /** ISO day. */
  readonly day: string;
  /** 0: nothing; 1 to 5: one of five steps. */
  readonly step: number;
}

/** The cells are 2 less wide and high: by the style sheet, since a year has so many. */
const CELL = 13;
const [LEFT, TOP] = [34, 18];

/** A year by weeks, Monday first. */
export function heatmap(
  year: number,
  days: ReadonlyMap<string, HeatDay>,
  names: { readonly months: readonly string[]; readonly weekdays: readonly string[]; readonly title: string },
): Html {
  const first = Date.UTC(year, 0, 1);
  const shift = (new Date(first).getUTCDay() + 6) % 7;
  const length = (Date.UTC(year + 1, 0, 1) - first) / 86_400_000;
  const weeks = Math.ceil((length + shift) / 7);
  const months = names.months.map((name, month) => {
    const place = (Date.UTC(year, month, 1) - first) / 86_400_000 + shift;
    return html`<text class="tick" x="${LEFT + Math.ceil(place / 7) * CELL}" y="12">${name}</text>`;
  });
  const cells = Array.from({ length }, (_, index) => {
    const iso = new Date(first + index * 86_400_000).toISOString().slice(0, 10);
    const [x, y] = [LEFT + Math.floor((index + shift) / 7) * CELL, TOP + ((index + shift) % 7) * CELL];
    const day = days.get(iso);
    const box = html`<rect class="heat-${day?.step ?? 0}" x="${x}" y="${y}"/>`;
    return day === undefined ? box : door(day, box);
  });
  return drawing(
    { width: LEFT + weeks * CELL + 2, height: TOP + 7 * CELL },
    names.title,
    html`${months}${[0, 2, 4].map((row) => html`<text class="tick end" x="${LEFT - 6}" y="${TOP + row * CELL + 10}">${names.weekdays[row]}</text>`)}${cells}`,
  );
}

/** Which of five steps each size lies in, by the sizes' own quantiles. */
export function heatSteps(sizes: readonly number[]): (size: number) => number {
  const sorted = sizes.filter((size) => size > 0).sort((a, b) => a - b);
  const limits = [0.2, 0.4, 0.6, 0.8].map((share) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return (size) => (size > 0 ? 1 + limits.filter((limit) => size > limit).length : 0);
}
