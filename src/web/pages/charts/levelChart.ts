import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark } from './mark.ts';
import { axisOf, coordinate, hasRoomBelow, labelStep, textWidth } from './scale.ts';

/** What was held at the end of an interval. */
export interface Level extends Mark {
  /** Under the axis: `Jan`; `below` only where something begins: `2026`. */
  readonly label: string;
  readonly below: string | null;
  readonly value: number;
}

interface LevelOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly tick: (value: number) => string;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 12, 10, 36];
/** More points than this are a line without dots. */
const MOST_DOTS = 90;

/** A level over time as a line, each point a door. */
export function levelChart(levels: readonly Level[], options: LevelOptions): Html {
  if (levels.length === 0) return emptyChart();
  const { width, height, title, tick } = options;
  const axis = axisOf(levels.map(({ value }) => value));
  const y = (value: number): number => TOP + ((height - TOP - BOTTOM) * (axis.high - value)) / (axis.high - axis.low);
  const step = (width - LEFT - RIGHT) / levels.length;
  const x = (index: number): number => LEFT + step * (index + 0.5);
  const every = labelStep(
    levels.length,
    step,
    Math.max(...levels.map(({ label, below }) => Math.max(textWidth(label), textWidth(below ?? '')))),
  );
  const points = levels.map(({ value }, index) => `${coordinate(x(index))},${coordinate(y(value))}`).join(' ');
  const dots = levels.length <= MOST_DOTS;
  return drawing(
    options,
    title,
    html`${axis.ticks.map(
      (value) =>
        html`<line class="${value === 0 ? 'zero' : 'rule'}" x1="${LEFT}" x2="${width - RIGHT}" y1="${coordinate(y(value))}" y2="${coordinate(y(value))}"/><text class="tick end" x="${LEFT - 6}" y="${coordinate(y(value) + 4)}">${tick(value)}</text>`,
    )}<polyline class="net" points="${points}"/>${levels.map(
      (level, index) =>
        html`${dots && door(level, html`<circle class="net-dot" cx="${coordinate(x(index))}" cy="${coordinate(y(level.value))}" r="4"/>`)}${index % every === 0 && html`<text class="tick middle" x="${coordinate(x(index))}" y="${height - 20}">${level.label}</text>`}${hasRoomBelow(index, levels, step) && html`<text class="tick middle strong" x="${coordinate(x(index))}" y="${height - 5}">${level.below}</text>`}`,
    )}`,
  );
}
