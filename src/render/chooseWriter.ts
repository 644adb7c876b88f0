import { csvWriter, tsvWriter } from './csv.ts';
import { jsonLinesWriter, jsonWriter } from './jsonRows.ts';
import { longTableWriter } from './longTable.ts';
import { markdownWriter } from './markdown.ts';
import { withPlans } from './planText.ts';
import { recordsWriter } from './records.ts';
import { type ResultTableOptions, tableWriter } from './resultTable.ts';
import type { QueryFormat, ResultWriter } from './resultWriter.ts';
import { withSampleColumn } from './sampleColumn.ts';

export interface WriterOptions {
  readonly table: ResultTableOptions;
  /** Whether more than one statement gives rows: only JSON needs to know beforehand. */
  readonly severalResults: boolean;
  /** Whether rows for programs say that they are of the built-in sample. */
  readonly sample?: boolean;
  /** Tables as a block of lines for each row. */
  readonly expanded?: boolean;
}

/** The writer of a format. */
export function writerFor(format: QueryFormat, options: WriterOptions): ResultWriter {
  const writer = plainWriter(format, options);
  const forPeople = format === 'table' || format === 'markdown';
  return options.sample === true && !forPeople ? withSampleColumn(writer) : writer;
}

function rowsForPeople({ table, expanded }: WriterOptions): ResultWriter {
  if (expanded === true) return recordsWriter(table);
  return table.maxRows === Number.POSITIVE_INFINITY ? longTableWriter(table) : tableWriter(table);
}

function plainWriter(format: QueryFormat, options: WriterOptions): ResultWriter {
  switch (format) {
    case 'table':
      return withPlans(rowsForPeople(options), options.table.ascii);
    case 'csv':
      return csvWriter();
    case 'tsv':
      return tsvWriter();
    case 'json':
      return jsonWriter(options.severalResults);
    case 'jsonl':
      return jsonLinesWriter();
    case 'markdown':
      return markdownWriter();
  }
}
