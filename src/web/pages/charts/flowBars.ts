import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark, tornAt } from './mark.ts';
import { axisOf, coordinate, cutOf, labelStep, textWidth } from './scale.ts';

/** One interval: money in upwards, money out downwards, net as a level. */
export interface FlowBar {
  /** Under the axis: `Jan`; `below` only where something begins: `2026`. */
  readonly label: string;
  readonly below: string | null;
  readonly income: Mark & { readonly value: number };
  readonly spending: Mark & { readonly value: number };
  readonly net: Mark & { readonly value: number };
  /** What stood in its place in the period before. */
  readonly before: { readonly income: number; readonly spending: number } | null;
  /** Still runs: hatched. */
  readonly running: boolean;
}

export interface FlowBarsOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** How a value of the axis is written; nothing in privacy. */
  readonly tick: (value: number) => string;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 10, 36];

/** Bars of income and spending with the net as a line; the period before as outlines behind them. */
export function flowBars(bars: readonly FlowBar[], options: FlowBarsOptions): Html {
  if (bars.length === 0) return emptyChart();
  const { width, height, title, tick } = options;
  const values = bars.flatMap(({ income, spending, before }) => [
    income.value,
    spending.value,
    ...(before === null ? [] : [before.income, before.spending]),
  ]);
  const cut = cutOf(values);
  const clipped = (value: number): number => (cut === null ? value : Math.max(-cut, Math.min(cut, value)));
  const axis = axisOf([...values, ...bars.map(({ net }) => net.value)].map(clipped));
  const plot = { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const y = (value: number): number =>
    TOP + (plot.height * (axis.high - Math.max(axis.low, Math.min(axis.high, value)))) / (axis.high - axis.low);
  const step = plot.width / bars.length;
  const bar = Math.max(0.5, Math.min(40, step * (step < 4 ? 1 : 0.66)));
  const center = (index: number): number => LEFT + step * (index + 0.5);
  const rect = (index: number, value: number, wide: number, kind: string): Html => {
    const [from, to] = [y(0), y(clipped(value))];
    const size = Math.max(value === 0 ? 0 : 1, Math.abs(to - from));
    return html`<rect class="${kind}" x="${coordinate(center(index) - wide / 2)}" y="${coordinate(to < from ? from - size : from)}" width="${coordinate(wide)}" height="${coordinate(size)}"/>`;
  };
  const over = (index: number, value: number): Html | null =>
    cut !== null && Math.abs(value) > cut ? tornAt(center(index), bar, y(clipped(value)), value > 0) : null;
  const every = labelStep(
    bars.length,
    step,
    Math.max(
      ...bars.map(({ label, below }) => textWidth(below !== null && below.length > label.length ? below : label)),
    ),
  );
  const showDots = step >= 9;
  return drawing(
    options,
    title,
    html`${axis.ticks.map(
      (value) =>
        html`<line class="${value === 0 ? 'zero' : 'rule'}" x1="${LEFT}" x2="${width - RIGHT}" y1="${coordinate(y(value))}" y2="${coordinate(y(value))}"/><text class="tick end" x="${LEFT - 6}" y="${coordinate(y(value) + 4)}">${tick(value)}</text>`,
    )}${bars.map(({ before }, index) => before !== null && html`${rect(index, before.income, bar + 6, 'before')}${rect(index, before.spending, bar + 6, 'before')}`)}${bars.map(
      ({ income, spending, running }, index) =>
        html`${income.value !== 0 && door(income, html`${rect(index, income.value, bar, `in${running ? ' running' : ''}`)}${over(index, income.value)}`)}${
          spending.value !== 0 &&
          door(
            spending,
            html`${rect(index, spending.value, bar, `out${running ? ' running' : ''}`)}${over(index, spending.value)}`,
          )
        }`,
    )}<polyline class="net" points="${bars.map(({ net }, index) => `${coordinate(center(index))},${coordinate(y(net.value))}`).join(' ')}"/>${
      showDots &&
      bars.map(({ net }, index) =>
        door(
          net,
          html`<circle class="net-dot" cx="${coordinate(center(index))}" cy="${coordinate(y(net.value))}" r="3.5"/>`,
        ),
      )
    }${bars.map(
      ({ label, below }, index) =>
        labelled(index, bars, every) &&
        html`<text class="tick middle" x="${coordinate(center(index))}" y="${height - 20}">${label}</text>${below !== null && html`<text class="tick middle strong" x="${coordinate(center(index))}" y="${height - 5}">${below}</text>`}`,
    )}`,
  );
}

/** Every k-th, counted so that the intervals with a second line (January) are among them where they can be. */
function labelled(index: number, bars: readonly FlowBar[], every: number): boolean {
  const anchor = Math.max(
    0,
    bars.findIndex(({ below }, place) => place > 0 && below !== null),
  );
  return (((index - anchor) % every) + every) % every === 0;
}
