import { markdownTable, type VerdictTable } from '../serve/verdicts.ts';
import type { CaseResult, Line } from './rounds.ts';

/** The results of a case as a table: times aligned, verdicts in Markdown, as they stand in docs/performance.md. */
export function caseText(result: CaseResult | VerdictTable): string {
  if ('columns' in result) return `${result.title}\n\n${markdownTable(result)}\n`;
  return timesText(result);
}

function timesText({ title, against, lines }: CaseResult): string {
  const base = lines.find(({ name }) => name === against)?.seconds ?? null;
  const head = ['', 'median', 'least', 'most', 'rounds', 'ratio', 'CPU', 'CPU of the server', 'peak memory', ''];
  const rows = lines.map((line) => [
    line.name,
    seconds(line.seconds),
    seconds(line.least),
    seconds(line.most),
    String(line.rounds),
    ratio(line, base),
    cpu(line.cpu),
    cpu(line.serverCpu),
    line.peak === null ? '' : `${Math.round(line.peak / 1e6)} MB`,
    line.note,
  ]);
  const widths = head.map((title_, index) => Math.max(...[head, ...rows].map((row) => (row[index] ?? title_).length)));
  const text = [head, ...rows].map((row) =>
    row
      .map((cell, index) =>
        index === 0 || index === 9 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${title}\n${text.map((line) => `  ${line}`).join('\n')}\n  (ratio: to ${against})\n`;
}

function seconds(value: number | null): string {
  if (value === null) return '-';
  return value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(2)} s`;
}

function cpu(value: number | null): string {
  return value === null ? '' : `${value.toFixed(1)} s`;
}

function ratio(line: Line, base: number | null): string {
  return line.seconds === null || base === null ? '-' : (line.seconds / base).toFixed(2);
}
