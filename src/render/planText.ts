import { asciiDrawings } from './locale.ts';
import { printableText } from './printable.ts';
import type { ResultWriter } from './resultWriter.ts';

/** A writer that shows what EXPLAIN gives as DuckDB drew it, line by line, and every other result as `writer` does. */
export function withPlans(writer: ResultWriter, ascii: boolean | undefined): ResultWriter {
  let plan = false;
  return {
    ...writer,
    begin(columns) {
      plan = columns.map(({ name }) => name).join() === 'explain_key,explain_value';
      return writer.begin(columns);
    },
    rows(chunk) {
      if (!plan) return writer.rows(chunk);
      const plans = (chunk.columns[1] ?? []).map((text) => printableText((text ?? '').trimEnd()));
      const text = `${plans.join('\n\n')}\n`;
      return ascii ? asciiDrawings(text) : text;
    },
    end: () => (plan ? '' : writer.end()),
  };
}
