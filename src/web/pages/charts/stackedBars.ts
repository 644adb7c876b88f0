import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark, tornAt } from './mark.ts';
import { axisOf, coordinate, cutOf, fitted, labelStep, textWidth } from './scale.ts';

export interface StackedBar {
  readonly label: string;
  readonly below: string | null;
  readonly parts: readonly (Mark & { readonly value: number; readonly tint: number })[];
}

export interface StackedBarsOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly tick: (value: number) => string;
  /** The names of the last bar's parts, written beside it: colours alone do not tell them apart in print. */
  readonly names?: readonly string[];
}

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 10, 36];
/** For names at the right. */
const ROOM = 96;

/** Bars made of parts: those above zero stand on each other, those below hang from each other. */
export function stackedBars(bars: readonly StackedBar[], options: StackedBarsOptions): Html {
  if (bars.every(({ parts }) => parts.length === 0)) return emptyChart();
  const { width, height, title, tick, names = [] } = options;
  const right = names.length === 0 ? RIGHT : ROOM;
  const ends = bars.flatMap(({ parts }) => [sum(parts, 1), sum(parts, -1)]);
  const cut = cutOf(ends);
  const axis = axisOf(cut === null ? ends : ends.map((end) => Math.max(-cut, Math.min(cut, end))));
  const y = (value: number): number =>
    TOP +
    ((height - TOP - BOTTOM) * (axis.high - Math.max(axis.low, Math.min(axis.high, value)))) / (axis.high - axis.low);
  const step = (width - LEFT - right) / bars.length;
  const bar = Math.max(0.5, Math.min(44, step * (step < 4 ? 1 : 0.72)));
  const every = labelStep(
    bars.length,
    step,
    Math.max(...bars.map(({ label, below }) => textWidth((below?.length ?? 0) > label.length ? (below ?? '') : label))),
  );
  const anchor = Math.max(
    0,
    bars.findIndex(({ below }, place) => place > 0 && below !== null),
  );
  return drawing(
    options,
    title,
    html`${axis.ticks.map((value) => html`<line class="${value === 0 ? 'zero' : 'rule'}" x1="${LEFT}" x2="${width - right}" y1="${coordinate(y(value))}" y2="${coordinate(y(value))}"/><text class="tick end" x="${LEFT - 6}" y="${coordinate(y(value) + 4)}">${tick(value)}</text>`)}${bars.map(
      ({ label, below, parts }, index) => {
        const center = LEFT + step * (index + 0.5);
        const reached = { up: 0, down: 0 };
        const last = index === bars.length - 1;
        let written = height;
        const drawn = parts.map((part, place) => {
          const from = part.value > 0 ? reached.up : reached.down;
          const to = from + part.value;
          if (part.value > 0) reached.up = to;
          else reached.down = to;
          const top = Math.min(y(from), y(to));
          const middle = (y(from) + y(to)) / 2 + 4;
          const name = last && part.value > 0 && written - middle >= 13 ? fitted(names[place] ?? '', ROOM - 14) : '';
          if (name !== '') written = middle;
          const words =
            name !== '' &&
            html`<text class="tick" aria-hidden="true" x="${coordinate(center + bar / 2 + 6)}" y="${coordinate(middle)}">${name}</text>`;
          return html`${words}${door(
            part,
            html`<rect class="tint-${part.tint}" x="${coordinate(center - bar / 2)}" y="${coordinate(top)}" width="${coordinate(bar)}" height="${coordinate(Math.max(0.5, Math.abs(y(from) - y(to))))}"/>`,
          )}`;
        });
        const torn = cut !== null && Math.max(reached.up, -reached.down) > cut;
        const tear = torn && tornAt(center, bar, y(reached.up > cut ? cut : -cut), reached.up > cut);
        const shown = (((index - anchor) % every) + every) % every === 0;
        return html`${drawn}${tear}${shown && html`<text class="tick middle" x="${coordinate(center)}" y="${height - 20}">${label}</text>${below !== null && html`<text class="tick middle strong" x="${coordinate(center)}" y="${height - 5}">${below}</text>`}`}`;
      },
    )}`,
  );
}

function sum(parts: readonly { readonly value: number }[], sign: number): number {
  return parts.filter(({ value }) => value * sign > 0).reduce((total, { value }) => total + value, 0);
}
