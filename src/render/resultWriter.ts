import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';

/**
 * Writes the results of one run of SQL in one format. Each method returns text to be written out at once, so that a
 * result of any length passes through in bounded memory.
 */
export interface ResultWriter {
  /** Before the first result. */
  open(): string;
  begin(columns: readonly ResultColumn[]): string;
  rows(chunk: RowChunk): string;
  /** After the last row of a result. */
  end(): string;
  /** After the last result. */
  close(): string;
}

export const QUERY_FORMATS = ['table', 'csv', 'tsv', 'json', 'jsonl', 'markdown'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];
