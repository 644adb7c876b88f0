import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark } from './mark.ts';
import { axisOf, coordinate, hasRoomBelow, labelStep, textWidth } from './scale.ts';

/** A month: as it was, or as it is expected with its bounds. */
export interface BandMonth extends Mark {
  /** Under the axis: `Jan`; `below` only where something begins: `2026`. */
  readonly label: string;
  readonly below: string | null;
  readonly value: number;
  /** Null for what was, and where there is too little history for bounds. */
  readonly low: number | null;
  readonly high: number | null;
  readonly expected: boolean;
}

interface BandOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly tick: (value: number) => string;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 10, 36];

/** What was as bars, what is expected as points within their bounds. */
export function bandChart(months: readonly BandMonth[], options: BandOptions): Html {
  if (months.length === 0) return emptyChart();
  const { width, height, title, tick } = options;
  const axis = axisOf(months.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]));
  const y = (value: number): number => TOP + ((height - TOP - BOTTOM) * (axis.high - value)) / (axis.high - axis.low);
  const step = (width - LEFT - RIGHT) / months.length;
  const bar = Math.min(36, step * 0.6);
  const center = (index: number): number => LEFT + step * (index + 0.5);
  const every = labelStep(
    months.length,
    step,
    Math.max(...months.map(({ label, below }) => Math.max(textWidth(label), textWidth(below ?? '')))),
  );
  const draw = ({ value, low, high, expected }: BandMonth, index: number): Html => {
    const x = coordinate(center(index));
    if (!expected) {
      const [from, to] = [y(Math.max(0, value)), y(Math.min(0, value))];
      return html`<rect class="${value < 0 ? 'out' : 'in'}" x="${coordinate(center(index) - bar / 2)}" y="${coordinate(from)}" width="${coordinate(bar)}" height="${coordinate(Math.max(1, to - from))}"/>`;
    }
    const band =
      low !== null &&
      high !== null &&
      html`<rect class="before" x="${coordinate(center(index) - bar / 2)}" y="${coordinate(y(high))}" width="${coordinate(bar)}" height="${coordinate(Math.max(1, y(low) - y(high)))}"/>`;
    return html`${band}<circle class="net-dot" cx="${x}" cy="${coordinate(y(value))}" r="4"/>`;
  };
  return drawing(
    options,
    title,
    html`${axis.ticks.map(
      (value) =>
        html`<line class="${value === 0 ? 'zero' : 'rule'}" x1="${LEFT}" x2="${width - RIGHT}" y1="${coordinate(y(value))}" y2="${coordinate(y(value))}"/><text class="tick end" x="${LEFT - 6}" y="${coordinate(y(value) + 4)}">${tick(value)}</text>`,
    )}${months.map(
      (month, index) =>
        html`${door(month, draw(month, index))}${index % every === 0 && html`<text class="tick middle" x="${coordinate(center(index))}" y="${height - 20}">${month.label}</text>`}${hasRoomBelow(index, months, step) && html`<text class="tick middle strong" x="${coordinate(center(index))}" y="${height - 5}">${month.below}</text>`}`,
    )}`,
  );
}
