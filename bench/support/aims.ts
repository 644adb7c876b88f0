/** A figure beside the aim that was set for it. */
export interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly found: string;
  /** Null where nothing was aimed at. */
  readonly met: boolean | null;
}

/** @param digits after the point */
export function atMost(what: string, found: number, most: number, digits = 2): Aim {
  return { what, aim: `at most ${most}`, found: found.toFixed(digits), met: found <= most };
}

/** The table that the documents hold. */
export function aimsText(aims: readonly Aim[]): string {
  const rows = aims.map(
    ({ what, aim, found, met }) =>
      `| ${what} | ${aim} | ${found} | ${met === null ? '' : met ? 'met' : '**missed**'} |`,
  );
  return ['| | aim | measured | |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
