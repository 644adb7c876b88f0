import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark } from './mark.ts';
import { coordinate, fitted, textWidth } from './scale.ts';

export interface SankeyEnd extends Mark {
  readonly name: string;
  readonly figure: string;
  /** Above zero. */
  readonly size: number;
  readonly kind: string;
}

const NODE = 10;
const GAP = 6;
/** How high all of it is in the middle. */
const BAND = 380;
/** The least room of an end, so that no label touches the next. */
const SLOT = 17;
const NARROW = 480;
const LINE = 16;
/** What a name and its figure beneath it need. */
const TWO_LINES = 2 * LINE + 6;

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
  const { width } = options;
  const tall = ({ size }: SankeyEnd): number => (size / total) * BAND;
  const reach = (ends: readonly SankeyEnd[]): number =>
    ends.reduce((sum, end) => sum + Math.max(tall(end) + GAP, SLOT), 0);
  const height = Math.max(BAND, reach(left) - GAP, reach(right) - GAP) + 4;
  // Where it is narrow, the names at the right need most of it.
  const middle = width * (width < NARROW ? 0.42 : 0.5) - NODE / 2;
  const top = (height - BAND) / 2;
  return drawing(
    { width, height: Math.ceil(height) },
    options.title,
    html`<rect class="node" x="${coordinate(middle)}" y="${coordinate(top)}" width="${NODE}" height="${BAND}"/>${side(left, 0)}${side(right, width - NODE)}`,
  );

  function side(ends: readonly SankeyEnd[], x: number): Html[] {
    // Both columns are in the middle of the height.
    let own = (height - (reach(ends) - GAP)) / 2;
    let shared = top;
    const toTheRight = x > middle;
    return ends.map((end) => {
      const thick = tall(end);
      const slot = Math.max(thick + GAP, SLOT);
      const place = own + (slot - GAP - thick) / 2;
      const [from, to] = toTheRight ? [middle + NODE, x] : [x + NODE, middle];
      const [y0, y1] = toTheRight ? [shared, place] : [place, shared];
      const half = (from + to) / 2;
      const band = `M${coordinate(from)} ${coordinate(y0)}C${coordinate(half)} ${coordinate(y0)} ${coordinate(half)} ${coordinate(y1)} ${coordinate(to)} ${coordinate(y1)}v${coordinate(thick)}C${coordinate(half)} ${coordinate(y1 + thick)} ${coordinate(half)} ${coordinate(y0 + thick)} ${coordinate(from)} ${coordinate(y0 + thick)}z`;
      const room = Math.abs(to - from);
      const whole = `${end.name} ${end.figure}`.trim();
      const two = slot >= TWO_LINES && textWidth(end.name) <= room && textWidth(end.figure) <= room;
      const lines = textWidth(whole) <= room ? [whole] : two ? [end.name, end.figure] : [fitted(end.name, room)];
      const drawn = door(
        end,
        html`<path class="band ${end.kind}" d="${band}"/><rect class="${end.kind}" x="${coordinate(x)}" y="${coordinate(place)}" width="${NODE}" height="${coordinate(Math.max(0.5, thick))}"/>`,
      );
      const at = place + thick / 2 + 4 - (lines.length - 1) * (LINE / 2);
      own += slot;
      shared += thick;
      return html`${drawn}${lines.map(
        (line, index) =>
          html`<text aria-hidden="true" class="${toTheRight ? 'flow-name end' : 'flow-name'}" x="${coordinate(toTheRight ? x - 6 : x + NODE + 6)}" y="${coordinate(at + index * LINE)}">${line}</text>`,
      )}`;
    });
  }
}
