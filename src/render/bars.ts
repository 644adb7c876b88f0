const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const ASCII_LEVELS = ['.', ':', '-', '=', '+', '*', '#', '@'] as const;

/**
 * A bar of up to `width` columns for a ratio of 0 to 1; anything above zero is seen.
 * @param ascii draws with `#`
 */
export function bar(ratio: number, width: number, ascii: boolean): string {
  const clamped = Math.min(1, Math.max(0, Number.isFinite(ratio) ? ratio : 0));
  if (clamped === 0 || width <= 0) return '';
  if (ascii) return '#'.repeat(Math.max(1, Math.round(clamped * width)));
  const eighths = Math.max(1, Math.round(clamped * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/**
 * One character per value: zero and what is not there are a space, the greatest fills the line. Values are drawn by size,
 * those of the other sign than most as zero.
 */
export function sparkline(values: readonly number[], ascii: boolean): string {
  const sum = values.reduce((total, value) => total + value, 0);
  const sizes = values.map((value) => Math.max(0, sum < 0 ? -value : value));
  const most = Math.max(...sizes, 0);
  const levels = ascii ? ASCII_LEVELS : LEVELS;
  return sizes.map((size) => (size === 0 ? ' ' : (levels[Math.min(7, Math.floor((size / most) * 8))] ?? ' '))).join('');
}

/**
 * At most so many values: neighbours are averaged in groups of equal size, so that no peak comes from the drawing. The
 * first group may be smaller.
 */
export function squeeze(values: readonly number[], columns: number): number[] {
  const size = Math.ceil(values.length / Math.max(1, columns));
  if (size <= 1) return [...values];
  const out: number[] = [];
  for (let end = values.length; end > 0; end -= size) {
    const group = values.slice(Math.max(0, end - size), end);
    out.unshift(group.reduce((sum, value) => sum + value, 0) / group.length);
  }
  return out;
}
