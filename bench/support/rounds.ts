/** One thing to measure; variants of a case run in turn, round by round, so that a busy moment touches all of them. */
export interface Variant {
  readonly name: string;
  /** Runs once before each measurement, not measured. */
  readonly prepare?: (round: number) => Promise<void>;
  /** Seconds, and peak memory in bytes where it is known; a text when it cannot run here. */
  readonly measure: (round: number) => Promise<Measured | string>;
  /** Leaves it at so many rounds: for the slow. */
  readonly rounds?: number;
}

export interface Measured {
  readonly seconds: number;
  readonly peak?: number;
  /** Seconds of CPU of the process, and of the server meanwhile. */
  readonly cpu?: number;
  readonly serverCpu?: number | null;
  /** More to say, such as bytes of a file. */
  readonly note?: string;
}

/** A line of the result. */
export interface Line {
  readonly name: string;
  /** Median over the rounds. */
  readonly seconds: number | null;
  readonly least: number | null;
  readonly most: number | null;
  readonly rounds: number;
  /** The largest of the rounds, in bytes. */
  readonly peak: number | null;
  /** Medians of the seconds of CPU; null where they were not measured. */
  readonly cpu: number | null;
  readonly serverCpu: number | null;
  readonly note: string;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** Times are divided by this line's. */
  readonly against: string;
  readonly lines: readonly Line[];
}

export async function measureInTurn(variants: readonly Variant[], rounds: number): Promise<Line[]> {
  const seen = variants.map(() => [] as Measured[]);
  const refused = variants.map(() => '');
  for (let round = 0; round < rounds; round++)
    for (const [index, variant] of variants.entries()) {
      if (round >= (variant.rounds ?? rounds) || refused[index] !== '') continue;
      await variant.prepare?.(round);
      const outcome = await variant.measure(round);
      if (typeof outcome === 'string') refused[index] = outcome;
      else seen[index]?.push(outcome);
    }
  return variants.map(({ name }, index) => {
    const measured = seen[index] ?? [];
    const times = measured.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const peaks = measured.map(({ peak }) => peak ?? 0);
    return {
      name,
      seconds: median(times),
      least: times[0] ?? null,
      most: times.at(-1) ?? null,
      rounds: times.length,
      peak: Math.max(0, ...peaks) || null,
      cpu: medianOf(measured.map(({ cpu }) => cpu)),
      serverCpu: medianOf(measured.map((one) => one.serverCpu)),
      note: refused[index] || (measured.at(-1)?.note ?? ''),
    };
  });
}

function medianOf(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined);
  return median(known.sort((a, b) => a - b));
}

function median(sorted: readonly number[]): number | null {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
