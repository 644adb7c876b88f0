import { type VerdictTable, verdict } from '../serve/verdicts.ts';

/** A figure beside the aim that was set for it: a row of a table of aims. */
export type Aim = readonly [what: string, aim: string, found: string, verdict: string];

/** @param digits after the point */
export function atMost(what: string, found: number, most: number, digits = 2): Aim {
  return [what, `at most ${most}`, found.toFixed(digits), verdict(found <= most)];
}

export function aimsTable(name: string, title: string, rows: readonly Aim[]): VerdictTable {
  return { name: `${name}-aims`, title: `${title}, and what was aimed at`, columns: ['', 'aim', 'measured', ''], rows };
}
