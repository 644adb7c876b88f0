import type { VerdictTable } from '../serve/verdicts.ts';
import type { Rig } from './rig.ts';
import type { CaseResult } from './rounds.ts';

export interface BenchContext {
  readonly rig: Rig;
  readonly rows: number;
  readonly rounds: number;
  /** Fills the table with so many rows, unless it holds just these. */
  readonly fill: (rows: number) => Promise<void>;
  /** Called after the source was changed, so that the next case begins afresh. */
  readonly spoil: () => void;
}

export type BenchCase = (context: BenchContext) => Promise<readonly (CaseResult | VerdictTable)[]>;
