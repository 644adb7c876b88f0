/** A table for the docs, as it is printed. */
export interface VerdictTable {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function milliseconds(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 0.01 ? `${(seconds * 1000).toFixed(1)} ms` : `${Math.round(seconds * 1000)} ms`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** What a reader looks for in the last column. */
export function verdict(reached: boolean): string {
  return reached ? 'reached' : '**not reached**';
}

export function markdownTable({ columns, rows }: Pick<VerdictTable, 'columns' | 'rows'>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [columns, columns.map(() => '---'), ...rows].map(line).join('\n');
}
