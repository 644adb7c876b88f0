import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark } from './mark.ts';
import { coordinate, fitted } from './scale.ts';

export interface SankeyEnd extends Mark {
  readonly name: string;
  readonly figure: string;
  /** Above zero. */
  readonly size: number;
  readonly kind: string;
}

const NODE = 10;
const GAP = 6;

/**
 * What came in at the left, all of it in the middle, where it went at the right. Both sides must be of one size, which the
 * caller sees to by what was saved or drawn.
 */
export function sankey(
  left: readonly SankeyEnd[],
  right: readonly SankeyEnd[],
  options: { readonly width: number; readonly title: string },
): Html {
  const total = left.reduce((sum, { size }) => sum + size, 0);
  if (total <= 0 || right.length === 0) return emptyChart();
  const most = Math.max(left.length, right.length);
  const height = Math.max(260, Math.min(900, most * 30 + 40));
  const { width } = options;
  const inner = height - GAP * (most - 1) - 4;
  const middle = width / 2 - NODE / 2;
  return drawing(
    // Room for the words beside the last band.
    { width, height: height + 14 },
    options.title,
    html`<rect class="node" x="${coordinate(middle)}" y="2" width="${NODE}" height="${coordinate(inner)}"/>${side(left, 0)}${side(right, width - NODE)}`,
  );

  function side(ends: readonly SankeyEnd[], x: number): Html[] {
    const spare = ends.length > 1 ? (height - 4 - inner) / (ends.length - 1) : 0;
    let [own, shared, written] = [2, 2, -100];
    const toTheRight = x > middle;
    return ends.map((end) => {
      const tall = (end.size / total) * inner;
      const [from, to] = toTheRight ? [middle + NODE, x] : [x + NODE, middle];
      const [y0, y1] = toTheRight ? [shared, own] : [own, shared];
      const half = (from + to) / 2;
      const band = `M${coordinate(from)} ${coordinate(y0)}C${coordinate(half)} ${coordinate(y0)} ${coordinate(half)} ${coordinate(y1)} ${coordinate(to)} ${coordinate(y1)}v${coordinate(tall)}C${coordinate(half)} ${coordinate(y1 + tall)} ${coordinate(half)} ${coordinate(y0 + tall)} ${coordinate(from)} ${coordinate(y0 + tall)}z`;
      const at = own + tall / 2 + 4;
      // A label that would touch the one above is left to the title.
      const text = at - written >= 15 ? fitted(`${end.name} ${end.figure}`.trim(), width / 2 - 60, 13) : '';
      if (text !== '') written = at;
      const label =
        text !== '' &&
        html`<text aria-hidden="true" class="${toTheRight ? 'flow-name end' : 'flow-name'}" x="${coordinate(toTheRight ? x - 6 : x + NODE + 6)}" y="${coordinate(at)}">${text}</text>`;
      const drawn = door(
        end,
        html`<path class="band ${end.kind}" d="${band}"/><rect class="${end.kind}" x="${coordinate(x)}" y="${coordinate(own)}" width="${NODE}" height="${coordinate(Math.max(0.5, tall))}"/>`,
      );
      own += tall + spare;
      shared += tall;
      return html`${drawn}${label}`;
    });
  }
}
