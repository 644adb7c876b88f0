import { displayWidth } from './width.ts';

/**
 * Breaks a line of prose between words, so that a terminal does not break it within one. Further lines are indented by as
 * much as the line itself and `hang`. A word longer than a line stays whole, as does a command in `backticks`: pasted in two
 * lines its first half would run.
 * @param width columns; Infinity leaves the text as it is
 */
export function wrapLine(text: string, width: number, hang = 0): string[] {
  if (displayWidth(text) <= width) return [text];
  const [indent = ''] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text.slice(indent.length))) {
    const longer = line === '' ? `${indent}${' '.repeat(lines.length > 0 ? hang : 0)}${word}` : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = `${indent}${' '.repeat(hang)}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** What stays together; joined by spaces it is the text again. */
function wordsOf(text: string): string[] {
  return text.match(/(?:`[^`]*`|[^ ])+|(?<= |^)(?= |$)/g) ?? [];
}

/** Each line of a text by itself. */
export function wrapText(text: string, width: number, hang = 0): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, width, hang))
    .join('\n');
}
