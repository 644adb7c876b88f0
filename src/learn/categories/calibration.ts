/** What the model said and whether it was right. */
export interface Outcome {
  readonly confidence: number;
  readonly right: boolean;
}

/** Turns what a model says of itself into how often it was right when it said so. */
export type Calibration = (confidence: number) => number;

/** Outcomes a step rests on: fewer say little. */
const LEAST_STEP = 20;

/**
 * Steps that never fall (pool adjacent violators), with one wrong guess added to each, so that no confidence is ever 1.
 * @param outcomes on rows that the model had not seen
 */
export function calibrate(outcomes: readonly Outcome[]): Calibration {
  const sorted = [...outcomes].sort((a, b) => a.confidence - b.confidence);
  const blocks: { from: number; rows: number; right: number }[] = [];
  const share = (block: { rows: number; right: number }): number => block.right / block.rows;
  for (let start = 0; start < sorted.length; start += LEAST_STEP) {
    const rows = sorted.slice(start, start + LEAST_STEP);
    blocks.push({
      from: rows[0]?.confidence ?? 0,
      rows: rows.length,
      right: rows.filter(({ right }) => right).length,
    });
    for (;;) {
      const [before, last] = blocks.slice(-2);
      if (before === undefined || last === undefined || share(before) < share(last)) break;
      blocks.splice(-2, 2, { from: before.from, rows: before.rows + last.rows, right: before.right + last.right });
    }
  }
  return (confidence) => {
    let found = blocks[0];
    for (const block of blocks) if (block.from <= confidence) found = block;
    return found === undefined ? confidence : found.right / (found.rows + 1);
  };
}

/**
 * The least confidence at and above which guesses were right as often as asked; null where no threshold does that.
 * @param precision such as 0.95
 */
export function thresholdFor(outcomes: readonly Outcome[], precision: number): number | null {
  const sorted = [...outcomes].sort((a, b) => b.confidence - a.confidence);
  let right = 0;
  let threshold: number | null = null;
  sorted.forEach((outcome, index) => {
    if (outcome.right) right++;
    const last = sorted[index + 1]?.confidence !== outcome.confidence;
    if (last && index + 1 >= LEAST_STEP && right / (index + 1) >= precision) threshold = outcome.confidence;
  });
  return threshold;
}
