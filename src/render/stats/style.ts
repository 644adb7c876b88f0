import chalk, { Chalk, type ChalkInstance } from 'chalk';
import type { NumberStyle } from '../money.ts';

/** How reports are drawn. */
export interface StatsStyle {
  /** Terminal columns; Infinity when the output is no terminal. */
  readonly width: number;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly numbers: NumberStyle;
}

/** Colours, or none. Nothing is said by colour alone: bars have lengths, amounts have signs, states have words. */
export function paintOf(style: StatsStyle): ChalkInstance {
  return style.color ? new Chalk({ level: Math.max(1, chalk.level) as 1 | 2 | 3 }) : new Chalk({ level: 0 });
}
