import type { ResultColumn, RowChunk } from '../model/resultColumn.ts';
import type { ResultWriter } from './resultWriter.ts';

/** What tells programs that a row is of the built-in sample. */
const SAMPLE_COLUMN: ResultColumn = { name: 'sample_data', type: 'BOOLEAN', kind: 'boolean' };

/** A writer whose rows say of themselves that they are sample data: a notice on stderr does not travel with a file. */
export function withSampleColumn(writer: ResultWriter): ResultWriter {
  return {
    ...writer,
    begin: (columns) => writer.begin([...columns, SAMPLE_COLUMN]),
    rows: (chunk: RowChunk) =>
      writer.rows({ ...chunk, columns: [...chunk.columns, new Array<string>(chunk.rowCount).fill('true')] }),
  };
}
