/** Numbers of a chart's geometry. Amounts become such only here, where a pixel is the unit; what is written stays exact text. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface Axis {
  /** Round values, the ends of the axis among them. */
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** An axis that has zero in sight and ends on round numbers. */
export function axisOf(values: readonly number[], wanted = 4): Axis {
  const low = Math.min(0, ...finite(values));
  const high = Math.max(0, ...finite(values));
  if (low === high) return { ticks: [0, 1], low: 0, high: 1 };
  const step = roundStep((high - low) / wanted);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks, low: first * step, high: last * step };
}

/** 1, 2 or 5 times a power of ten, not less than asked for. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (([1, 2, 5].find((times) => times * power >= least * 0.999) ?? 10) as number) * power;
}

function finite(values: readonly number[]): readonly number[] {
  return values.filter(Number.isFinite);
}

/**
 * Where a value beyond all others is cut, so that the rest can be seen; null where nothing is.
 * Cut is what is more than six times the next to largest tenth.
 */
export function cutOf(values: readonly number[]): number | null {
  const sizes = finite(values)
    .map(Math.abs)
    .filter((size) => size > 0)
    .sort((a, b) => a - b);
  if (sizes.length < 5) return null;
  const usual = sizes[Math.floor((sizes.length - 1) * 0.9)] ?? 0;
  const largest = sizes.at(-1) ?? 0;
  return largest > 6 * usual ? usual * 1.25 : null;
}

/** About how wide a text of the charts' 12 px is. */
export function textWidth(text: string, size = 12): number {
  let width = 0;
  for (const sign of text) width += (sign.codePointAt(0) ?? 0) > 0x2e7f ? 1 : 0.62;
  return width * size;
}

/** A text that fits, with an ellipsis where it was cut; empty where not even three letters fit. */
export function fitted(text: string, width: number, size = 12): string {
  if (textWidth(text, size) <= width) return text;
  const signs = [...text];
  while (signs.length > 0 && textWidth(`${signs.join('')}…`, size) > width) signs.pop();
  return signs.length < 3 ? '' : `${signs.join('').trimEnd()}…`;
}

/** A name in one line or, where it is too long for that, between its words in several; cut as `fitted` does if that fails. */
export function inLines(text: string, width: number, most: number, size = 12): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart();
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length <= most && lines.every((line) => textWidth(line, size) <= width)) return lines;
  return [fitted(text, width, size)].filter(Boolean);
}

/** Whether the second line of a label stands clear of the next one that has a second line. */
export function hasRoomBelow(
  index: number,
  labels: readonly { readonly below: string | null }[],
  distance: number,
): boolean {
  const own = labels[index]?.below ?? null;
  if (own === null) return false;
  const next = labels.findIndex(({ below }, place) => place > index && below !== null);
  return next === -1 || (next - index) * distance >= (textWidth(own) + textWidth(labels[next]?.below ?? '')) / 2 + 8;
}

/** Which of n labels at equal distances can stand beside each other: every one, or every k-th. */
export function labelStep(count: number, distance: number, widest: number): number {
  if (count === 0 || distance <= 0) return 1;
  const least = Math.ceil((widest + 8) / distance);
  return [1, 2, 3, 4, 6, 12, 24, 60, 120, 240, 600].find((step) => step >= least) ?? least;
}
