import { type Html, html } from '../html.ts';
import { coordinate } from './scale.ts';

/** A small level over time; the same numbers stand elsewhere, so it is hidden from who cannot see it. */
export function sparkline(values: readonly number[], width = 120, height = 26): Html | null {
  const shown = values.filter(Number.isFinite);
  if (shown.length < 2) return null;
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const y = (value: number): number => (high === low ? height / 2 : 3 + ((height - 6) * (high - value)) / (high - low));
  const x = (index: number): number => 2 + ((width - 6) * index) / (shown.length - 1);
  const points = shown.map((value, index) => `${coordinate(x(index))},${coordinate(y(value))}`).join(' ');
  const last = shown.at(-1) as number;
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true"><polyline points="${points}"/><circle cx="${coordinate(x(shown.length - 1))}" cy="${coordinate(y(last))}" r="2.5"/></svg>`;
}

/** A bar in a table's row: what part of the largest of its column it is, to the side of its sign. */
export function cellBar(value: number, largest: number): Html {
  const share = largest > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / largest) : 0;
  return html`<svg class="cellbar" viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" preserveAspectRatio="none"><rect class="${value < 0 ? 'out' : 'in'}" x="0" y="0" width="${coordinate(share * 100)}" height="8"/></svg>`;
}
