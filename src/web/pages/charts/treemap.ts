import { type Html, html } from '../html.ts';
import { door, drawing, emptyChart, type Mark } from './mark.ts';
import { coordinate, inLines, textWidth } from './scale.ts';

export interface TreemapCell extends Mark {
  readonly name: string;
  /** Written beneath the name where there is room. */
  readonly figure: string;
  /** Its area; what is not above zero is left out. */
  readonly size: number;
  /** A category's, or merely that it is money out. */
  readonly tint: number | 'out';
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** From one line of a cell to the next. */
const LINE = 17;

/** Areas of a rectangle in proportion, largest first, as square as they get. */
export function treemap(
  cells: readonly TreemapCell[],
  options: { readonly width: number; readonly height: number; readonly title: string },
): Html {
  const shown = cells.filter(({ size }) => Number.isFinite(size) && size > 0).sort((a, b) => b.size - a.size);
  if (shown.length === 0) return emptyChart('Nothing was spent in this period.');
  const boxes = squarified(
    shown.map(({ size }) => size),
    { x: 0, y: 0, width: options.width, height: options.height },
  );
  return drawing(
    options,
    options.title,
    html`${shown.map((cell, index) => {
      const box = boxes[index] as Box;
      const room = box.width - 12;
      const lines = box.height < 22 ? [] : inLines(cell.name, room, box.height >= 40 ? 2 : 1, 14);
      const beneath = 17 + LINE * lines.length;
      const fits = lines.length > 0 && box.height >= beneath + 6 && textWidth(cell.figure) <= room;
      const area = html`<rect class="cell tint-${cell.tint}" x="${coordinate(box.x + 0.5)}" y="${coordinate(box.y + 0.5)}" width="${coordinate(Math.max(0.5, box.width - 1))}" height="${coordinate(Math.max(0.5, box.height - 1))}"/>`;
      // Beside the door and not in it: its label says the same in whole words.
      return html`${door(cell, area)}${lines.map(
        (line, place) =>
          html`<text class="cell-name" aria-hidden="true" x="${coordinate(box.x + 6)}" y="${coordinate(box.y + 17 + LINE * place)}">${line}</text>`,
      )}${
        fits &&
        html`<text class="cell-figure" aria-hidden="true" x="${coordinate(box.x + 6)}" y="${coordinate(box.y + beneath)}">${cell.figure}</text>`
      }`;
    })}`,
  );
}

/**
 * Rows along the shorter side, each grown as long as its cells become squarer by it (Bruls, Huizing, van Wijk).
 * @param sizes above zero, descending
 */
export function squarified(sizes: readonly number[], whole: Box): Box[] {
  const boxes: Box[] = [];
  let free = whole;
  let left = sizes.reduce((sum, size) => sum + size, 0);
  let index = 0;
  while (index < sizes.length) {
    const scale = (free.width * free.height) / left;
    const side = Math.min(free.width, free.height);
    let count = 1;
    while (index + count < sizes.length) {
      const now = sizes.slice(index, index + count);
      if (worst([...now, sizes[index + count] as number], side, scale) > worst(now, side, scale)) break;
      count++;
    }
    const row = sizes.slice(index, index + count);
    const sum = row.reduce((total, size) => total + size, 0);
    const thick = side === 0 ? 0 : (sum * scale) / side;
    let at = 0;
    for (const size of row) {
      const long = (size / sum) * side;
      boxes.push(
        free.width < free.height
          ? { x: free.x + at, y: free.y, width: long, height: thick }
          : { x: free.x, y: free.y + at, width: thick, height: long },
      );
      at += long;
    }
    free =
      free.width < free.height
        ? { ...free, y: free.y + thick, height: Math.max(0, free.height - thick) }
        : { ...free, x: free.x + thick, width: Math.max(0, free.width - thick) };
    left -= sum;
    index += count;
  }
  return boxes;
}

/** The worst ratio of sides in a row. */
function worst(row: readonly number[], side: number, scale: number): number {
  const areas = row.map((size) => size * scale);
  const sum = areas.reduce((total, area) => total + area, 0);
  const thick = sum / side;
  return Math.max(...areas.map((area) => Math.max(thick / (area / thick), area / thick / thick)));
}
